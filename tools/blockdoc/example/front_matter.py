# SPDX-License-Identifier: GPL-2.0-or-later
"""The front matter of an example: which QEMUs, which images.

::

    ---
    title: Commit the active layer
    qemu: storage-daemon              # or: system
    args: ["--object", "iothread,id=io0"]
    trace: [blk_co_*]                 # trace events that a {trace-example} may show
    images:
      base.qcow2: 64M
      top.qcow2: {backing: base.qcow2}
      data.raw: {size: 1M, data: ["write -P 0x11 0 1M"]}
    requires: qemu >= 10.0
    timeout: 60                       # seconds, for all steps together
    shows: [unstable]                 # or deprecated: it is no mistake here
    reviewed: 10.2.2                  # read against this release; for `blockdoc drift`
    ---

With several machines ``machines`` stands in the place of ``qemu`` and ``args``::

    machines:
      src: {qemu: system, args: ["-machine", "q35"]}
      dst: {qemu: storage-daemon}
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import yaml

from blockdoc.errors import AuthorError, Place
from blockdoc.example.model import Image, Machine, MachineKind
from blockdoc.transcript import Condition

__all__ = ["FrontMatter", "read_front_matter"]

MACHINE_KEYS = ("qemu", "args", "trace")
#: `reviewed` is read by `blockdoc.units`, as that of any page.
KEYS = (
    "title",
    *MACHINE_KEYS,
    "machines",
    "images",
    "requires",
    "timeout",
    "shows",
    "reviewed",
)
MACHINE_NAME = re.compile(r"[a-z][a-z0-9-]*")
#: How deep YAML may nest; three levels say all that can be said.
DEEPEST = 20
IMAGE_KEYS = ("size", "format", "backing", "options", "data")
#: Of which neither an option nor another protocol or folder can be made.
IMAGE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
#: What no command line takes, or no tool prints again as it was.
UNPRINTABLE = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f\\ud800-\\udfff]")
EVENTS = re.compile(r"[a-z][A-Za-z0-9_*?]*")
SECONDS = re.compile(r"[0-9]{1,5}(\.[0-9]{1,3})?")
SIZE = re.compile(r"[0-9]{1,19}[bkKMGTPE]?")
FORMATS = {"img": "raw", "iso": "raw"}


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the front matter says, with the defaults filled in."""

    title: str | None = None
    machines: tuple[Machine, ...] = (Machine("storage-daemon"),)
    images: tuple[Image, ...] = ()
    timeout: float | None = None
    requires: Condition | None = None
    shows: frozenset[str] = frozenset()


def read_front_matter(text: str, place: Place) -> FrontMatter:
    """Read the YAML between the ``---`` lines; `place` is its first line.

    :raise AuthorError: with the line of what is wrong.
    """
    node = _compose(text, place)
    if node is None:
        return FrontMatter()
    return _Reader(place).front_matter(node)


def _refuse_depth(events: Iterable[yaml.Event], place: Place) -> None:
    """Refuse what is nested so deep that to read it takes long, or all of the stack."""
    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            line = event.start_mark.line if event.start_mark else 0
            where = Place(place.path, place.line + line)
            raise AuthorError("the front matter is nested too deep", where)


def _compose(text: str, place: Place) -> yaml.Node | None:
    """Read YAML: quickly where libyaml is there, and again where it is wrong.

    The slow reader's messages are the same everywhere.
    """
    for loader in (getattr(yaml, "CSafeLoader", yaml.SafeLoader), yaml.SafeLoader):
        try:
            _refuse_depth(yaml.parse(text, Loader=loader), place)
            return yaml.compose(text, Loader=loader)
        except yaml.YAMLError as error:
            wrong = error
    mark = getattr(wrong, "problem_mark", None)
    problem = getattr(wrong, "problem", None) or str(wrong)
    where = Place(place.path, place.line + (mark.line if mark else 0))
    raise AuthorError(f"the front matter is not YAML: {problem}", where) from wrong


@dataclass(frozen=True, slots=True)
class _Reader:
    #: The line that YAML counts as its line 0.
    origin: Place

    def front_matter(self, node: yaml.Node) -> FrontMatter:
        members = self.members(node, "the front matter", KEYS)
        requires = members.get("requires")
        return FrontMatter(
            title=self.scalar(members["title"]) if "title" in members else None,
            machines=self.machines(members),
            images=self.images(members["images"]) if "images" in members else (),
            timeout=self.seconds(members["timeout"]) if "timeout" in members else None,
            requires=Condition.parse(self.scalar(requires), self.at(requires))
            if requires
            else None,
            shows=frozenset(self.words(members["shows"]))
            if "shows" in members
            else frozenset(),
        )

    def machines(self, members: Mapping[str, yaml.Node]) -> tuple[Machine, ...]:
        """Read the machines of the front matter, or the only one."""
        several = members.get("machines")
        if several is None:
            return (self.machine("", members),)
        for key in MACHINE_KEYS:
            if key in members:
                raise self.error(
                    members[key], f"{key}: say it for each machine, under `machines`"
                )
        named = self.members(several, "machines")
        if not named:
            raise self.error(several, "machines: there is none")
        return tuple(self.named_machine(name, node) for name, node in named.items())

    def named_machine(self, name: str, node: yaml.Node) -> Machine:
        if not MACHINE_NAME.fullmatch(name):
            raise self.error(node, f"machine {name!r}: expected a lower-case name, such as src")
        return self.machine(name, self.members(node, f"machine {name}", MACHINE_KEYS))

    def machine(self, name: str, members: Mapping[str, yaml.Node]) -> Machine:
        return Machine(
            kind=self.kind(members["qemu"]) if "qemu" in members else "storage-daemon",
            args=self.words(members["args"]) if "args" in members else (),
            trace=self.events(members["trace"]) if "trace" in members else (),
            name=name,
            place=self.at(members["args"]) if "args" in members else self.origin,
        )

    def events(self, node: yaml.Node) -> tuple[str, ...]:
        names = self.words(node)
        for name in names:
            if not EVENTS.fullmatch(name):
                raise self.error(
                    node, f"trace {name!r}: expected names of trace events, such as blk_co_*"
                )
        return names

    def seconds(self, node: yaml.Node) -> float:
        text = self.scalar(node)
        if not SECONDS.fullmatch(text) or not float(text):
            raise self.error(node, f"timeout {text!r}: expected seconds, such as 60")
        return float(text)

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
        if not IMAGE_NAME.fullmatch(name):
            raise self.error(
                node,
                f"image {name!r}: expected a plain file name, in the example's directory; "
                "it has letters, digits, _ . + and -, and does not begin with a dot or -",
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
            raise self.error(node, "expected one plain value here, no list and no mapping")
        found = UNPRINTABLE.search(node.value)
        if found:
            message = f"the value contains U+{ord(found[0]):04X}; remove it"
            raise self.error(node, message)
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
