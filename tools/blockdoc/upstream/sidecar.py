# SPDX-License-Identifier: GPL-2.0-or-later
"""What it takes to run the examples of a file of QEMU's documentation.

Two YAML documents: the machines and images, as in the front matter of an example, and
the sessions.  Each session has machines of its own, and does its steps in order::

    qemu: system
    args: ["-machine", "q35"]
    images: { a.qcow2: 64M }
    ---
    ignore: [len, offset]                 # members whose values differ from run to run
    sessions:
      stream everything:
        - console: qemu-img create …      # typed first, as in {console-example}
        - qmp: |                          # said first, as in {qmp-example}
            -> { "execute": "…" }
            <- { "return": {} }
        - block: (QEMU) block-stream dev  # an example of the file: how its text begins
          replace: { /some/place/: "" }   # what is another name here
          vm: dst                         # with several machines
          wait: BLOCK_JOB_COMPLETED       # an event to wait for, though it is not printed

A step that names a block takes the next one behind that of the step before it whose
text begins so; with ``section: TITLE`` it is the first such block of that section.  An
annotated example is one block.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from blockdoc.errors import AuthorError, Place
from blockdoc.example.front_matter import FrontMatter, read_front_matter
from blockdoc.example.read import read_text

__all__ = ["Act", "Session", "Sidecar", "read_sidecar"]

ActKind = Literal["block", "qmp", "console"]
_KINDS: tuple[ActKind, ...] = ("block", "qmp", "console")
_KEYS = {*_KINDS, "replace", "vm", "wait", "section"}


@dataclass(frozen=True, slots=True)
class Act:
    """One step of a session."""

    kind: ActKind
    #: How the block begins, a transcript, or a command line.
    text: str
    place: Place
    vm: str = ""
    #: Texts of the block, and what stands for them here.
    replace: tuple[tuple[str, str], ...] = ()
    #: The name of an event that has to come.
    wait: str = ""
    #: The title of the section in which the block is looked for, from its top.
    section: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """Steps that follow each other on fresh machines."""

    name: str
    place: Place
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Sidecar:
    """How to run the examples of one file."""

    front: FrontMatter
    #: Members whose values are not compared.
    ignore: frozenset[str]
    sessions: tuple[Session, ...]


def read_sidecar(path: Path) -> Sidecar:
    """Read a sidecar file.

    :raise AuthorError: it is badly written; with the line.
    """
    name = str(path)
    text = read_text(path, name)
    front, _, _ = text.partition("\n---\n")
    documents = list(_compose(text, name))
    if len(documents) != 2:  # noqa: PLR2004
        raise AuthorError(
            "expected two YAML documents: machines and images, `---`, sessions", Place(name, 1)
        )
    reader = _Reader(name)
    members = reader.mapping(documents[1], {"ignore", "sessions"})
    ignored = reader.words(members["ignore"]) if "ignore" in members else ()
    if "sessions" not in members:
        raise reader.error(documents[1], "no sessions: say what is to be run")
    sessions = reader.mapping(members["sessions"], None)
    return Sidecar(
        read_front_matter(front, Place(name, 1)),
        frozenset(ignored),
        tuple(reader.session(title, node) for title, node in sessions.items()),
    )


def _compose(text: str, name: str) -> list[yaml.Node]:
    try:
        return [it for it in yaml.compose_all(text, Loader=yaml.SafeLoader) if it is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise AuthorError(
            f"not YAML: {problem}", Place(name, mark.line + 1 if mark else 1)
        ) from error


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads YAML nodes; each error has its line."""

    name: str

    def error(self, node: yaml.Node, message: str) -> AuthorError:
        return AuthorError(message, self.at(node))

    def at(self, node: yaml.Node) -> Place:
        return Place(self.name, node.start_mark.line + 1)

    def mapping(self, node: yaml.Node, known: set[str] | None) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise self.error(node, "expected `name: value` lines")
        members: dict[str, yaml.Node] = {}
        for key, value in node.value:
            word = self.word(key)
            if known is not None and word not in known:
                raise self.error(
                    key, f"unknown key {word!r}; known: {', '.join(sorted(known))}"
                )
            if word in members:
                raise self.error(key, f"{word!r} is there twice")
            members[word] = value
        return members

    def word(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self.error(node, "expected one plain value here")
        return str(node.value)

    def words(self, node: yaml.Node) -> tuple[str, ...]:
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(node, "expected a list")
        return tuple(map(self.word, node.value))

    def session(self, title: str, node: yaml.Node) -> Session:
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(node, "expected a list of steps")
        return Session(title, self.at(node), tuple(map(self.act, node.value)))

    def act(self, node: yaml.Node) -> Act:
        members = self.mapping(node, _KEYS)
        kinds = [kind for kind in _KINDS if kind in members]
        if len(kinds) != 1:
            raise self.error(node, f"a step has one of {', '.join(_KINDS)}")
        replace = self.mapping(members["replace"], None) if "replace" in members else {}
        return Act(
            kind=kinds[0],
            text=self.word(members[kinds[0]]),
            place=self.at(node),
            vm=self.word(members["vm"]) if "vm" in members else "",
            replace=tuple((old, self.word(new)) for old, new in replace.items()),
            wait=self.word(members["wait"]) if "wait" in members else "",
            section=self.word(members["section"]) if "section" in members else "",
        )
