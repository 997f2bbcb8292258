# SPDX-License-Identifier: GPL-2.0-or-later
"""The front matter of an example: which QEMU, which images.

::

    ---
    title: Commit the active layer
    qemu: storage-daemon              # or: system
    args: ["--object", "iothread,id=io0"]
    images:
      base.qcow2: 64M
      top.qcow2: {backing: base.qcow2}
      data.raw: {size: 1M, data: ["write -P 0x11 0 1M"]}
    requires: qemu >= 10.0
    ---
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

import yaml

from blockdoc.errors import AuthorError, Place
from blockdoc.example.model import Image, Machine, MachineKind
from blockdoc.transcript import Condition

__all__ = ["FrontMatter", "read_front_matter"]

KEYS = ("title", "qemu", "args", "images", "requires")
IMAGE_KEYS = ("size", "format", "backing", "options", "data")
SIZE = re.compile(r"\d+[bkKMGTPE]?")
FORMATS = {"img": "raw", "iso": "raw"}


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the front matter says, with the defaults filled in."""

    title: str | None = None
    machine: Machine = field(default_factory=lambda: Machine("storage-daemon", (), ()))
    requires: Condition | None = None


def read_front_matter(text: str, place: Place) -> FrontMatter:
    """Read the YAML between the ``---`` lines; `place` is its first line.

    :raise AuthorError: with the line of what is wrong.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        where = Place(place.path, place.line + (mark.line if mark else 0))
        raise AuthorError(f"the front matter is not YAML: {problem}", where) from error
    if node is None:
        return FrontMatter()
    return _Reader(place).front_matter(node)


@dataclass(frozen=True, slots=True)
class _Reader:
    #: The line that YAML counts as its line 0.
    origin: Place

    def front_matter(self, node: yaml.Node) -> FrontMatter:
        members = self.members(node, "the front matter", KEYS)
        requires = members.get("requires")
        return FrontMatter(
            title=self.scalar(members["title"]) if "title" in members else None,
            machine=Machine(
                kind=self.kind(members["qemu"]) if "qemu" in members else "storage-daemon",
                args=self.words(members["args"]) if "args" in members else (),
                images=self.images(members["images"]) if "images" in members else (),
            ),
            requires=Condition.parse(self.scalar(requires), self.at(requires))
            if requires
            else None,
        )

    def kind(self, node: yaml.Node) -> MachineKind:
        text = self.scalar(node)
        if text == "storage-daemon":
            return "storage-daemon"
        if text == "system":
            return "system"
        raise self.error(
            node, f"qemu: {text!r} is not a machine; expected storage-daemon or system"
        )

    def images(self, node: yaml.Node) -> tuple[Image, ...]:
        images: dict[str, Image] = {}
        for name, value in self.members(node, "images").items():
            image = self.image(name, value)
            if image.backing is not None and image.backing not in images:
                raise self.error(
                    value,
                    f"image {name}: its backing image {image.backing!r} is not made before it; "
                    "write the images in the order in which they are made, base first",
                )
            if image.backing is not None:
                image = replace(image, backing_format=images[image.backing].format)
            images[name] = image
        return tuple(images.values())

    def image(self, name: str, node: yaml.Node) -> Image:
        self.check_name(name, node)
        place, form = self.at(node), _format(name)
        if isinstance(node, yaml.ScalarNode):
            return Image(name, form, self.size(node), None, None, (), (), place)
        members = self.members(node, f"image {name}", IMAGE_KEYS)
        if not members.keys() & {"size", "backing"}:
            raise self.error(node, f"image {name}: say its size, or its backing image")
        return Image(
            name=name,
            format=self.scalar(members["format"]) if "format" in members else form,
            size=self.size(members["size"]) if "size" in members else None,
            backing=self.scalar(members["backing"]) if "backing" in members else None,
            backing_format=None,
            options=self.words(members["options"]) if "options" in members else (),
            data=self.words(members["data"]) if "data" in members else (),
            place=place,
        )

    def check_name(self, name: str, node: yaml.Node) -> None:
        if PurePosixPath(name).name != name or name.startswith("-"):
            raise self.error(
                node, f"image {name!r}: expected a plain file name, in the example's directory"
            )

    def size(self, node: yaml.Node) -> str:
        text = self.scalar(node)
        if not SIZE.fullmatch(text):
            raise self.error(
                node, f"size {text!r}: expected a number and a suffix, such as 64M"
            )
        return text

    def members(
        self, node: yaml.Node, what: str, known: Sequence[str] | None = None
    ) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise self.error(node, f"{what}: expected `name: value` lines")
        members: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = self.scalar(key)
            if known is not None and name not in known:
                raise self.error(
                    key, f"{what}: unknown key {name!r}; known: {', '.join(known)}"
                )
            if name in members:
                raise self.error(key, f"{what}: {name!r} is there twice")
            members[name] = value
        return members

    def scalar(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self.error(node, "expected one plain value here")
        return str(node.value)

    def words(self, node: yaml.Node) -> tuple[str, ...]:
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(node, 'expected a list, such as ["a", "b"]')
        return tuple(self.scalar(item) for item in node.value)

    def at(self, node: yaml.Node) -> Place:
        return Place(self.origin.path, self.origin.line + node.start_mark.line)

    def error(self, node: yaml.Node, message: str) -> AuthorError:
        return AuthorError(message, self.at(node))


def _format(name: str) -> str:
    suffix = PurePosixPath(name).suffix.removeprefix(".")
    return FORMATS.get(suffix, suffix or "raw")
