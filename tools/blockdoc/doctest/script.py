# SPDX-License-Identifier: GPL-2.0-or-later
"""Make an example of what QEMU's documentation shows, as a sidecar says.

A command of a snippet is one step: it, and what is printed behind it up to the next
one, in the next block as well.  Where no reply is printed, success is expected.  Other
events than those printed may come.
What is printed must come; QEMU may say more, for that is what `blockdoc lint` tells.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from blockdoc.errors import AuthorError, Place
from blockdoc.example import Example, Fence, Step
from blockdoc.example.model import StepKind
from blockdoc.transcript import (
    Array,
    Command,
    Elided,
    Event,
    Item,
    Member,
    Object,
    Pattern,
    Reply,
    Source,
    show,
)
from blockdoc.upstream import Problem, Snippet, read_snippet
from blockdoc.upstream.sidecar import Act, Session, Sidecar

__all__ = ["Script", "make_script"]

_SUCCESS = '<- { "return": ... }'


@dataclass(frozen=True, slots=True)
class Script:
    """A session, made ready."""

    example: Example
    problems: tuple[Problem, ...]


def make_script(
    session: Session, sidecar: Sidecar, snippets: Sequence[Snippet], path: str
) -> Script:
    """Make an example of a session.

    :raise AuthorError: a block is not in the file.
    """
    maker = _Maker(sidecar, snippets, path)
    for act in session.acts:
        maker.take(act)
    front = sidecar.front
    example = Example(
        path=path,
        digest="",  # its verdict is never kept
        title=session.name,
        machines=front.machines,
        images=front.images,
        timeout=front.timeout,
        requires=front.requires,
        shows=front.shows,
        steps=tuple(maker.finish()),
    )
    return Script(example, tuple(maker.problems))


class _Maker:
    """The steps of a session, in the making."""

    def __init__(self, sidecar: Sidecar, snippets: Sequence[Snippet], path: str) -> None:
        self.problems: list[Problem] = []
        self._sidecar = sidecar
        self._snippets = snippets
        self._path = path
        self._vm = sidecar.front.machines[0].name
        self._position = 0
        self._steps: list[Step] = []
        #: What was read and is no step yet: the next block may go on with it.
        self._items: list[Item] = []

    def take(self, act: Act) -> None:
        """Take one step of the sidecar."""
        vm = act.vm or self._sidecar.front.machines[0].name
        if act.kind != "block" or vm != self._vm:
            self._flush()
        self._vm = vm
        if act.kind != "block":
            text = f"$ {act.text}\n" if act.kind == "console" else act.text
            self._add(act.kind, act.place, text)
            return
        self._items += self._read(act)
        if act.wait:
            self._flush()
            self._add("qmp", act.place, f'<- {{ "event": "{act.wait}", ... }}\n')

    def finish(self) -> list[Step]:
        """Return the steps."""
        self._flush()
        return self._steps

    def _read(self, act: Act) -> Sequence[Item]:
        """Read the block that an act names."""
        index = _find(act, self._snippets, 0 if act.section else self._position)
        self._position = index + 1
        reading = read_snippet(_replaced(self._snippets[index], act))
        # What qmp-shell would print is for `blockdoc lint` to say.
        mistakes = (it for it in reading.problems if it.kind == "syntax")
        self.problems += (replace(it, place=self._at(it.place.line)) for it in mistakes)
        return reading.transcript.items

    def _flush(self) -> None:
        """Make steps of what was read."""
        for part in _exchanges(self._items):
            text = "\n".join(_said(part, self._sidecar.ignore)) + "\n"
            self._add("qmp", self._at(part[0].line), text)
        self._items = []

    def _at(self, line: int) -> Place:
        return Place(self._path, line)

    def _add(self, kind: StepKind, place: Place, text: str) -> None:
        """Add a step; events come as they like."""
        name = f"step-{len(self._steps)}"
        options = {"events": "loose"}  # and no id: nobody has written one
        if self._vm:
            options["vm"] = self._vm
        fence = Fence(place, place, 0, len(text), text, None, options)
        self._steps.append(Step(name, kind, (fence,)))


def _find(act: Act, snippets: Sequence[Snippet], start: int) -> int:
    """Find the block that an act names."""
    for index in range(start, len(snippets)):
        if act.section and snippets[index].section != act.section:
            continue
        if snippets[index].source.text.lstrip().startswith(act.text):
            return index
    where = f"of {act.section!r}" if act.section else "behind the last one"
    raise AuthorError(f"no block {where} begins with {act.text!r}", act.place)


def _replaced(snippet: Snippet, act: Act) -> Snippet:
    text = snippet.source.text
    for old, new in act.replace:
        if old not in text:
            raise AuthorError(f"{old!r} is not in the block of {snippet.place}", act.place)
        text = text.replace(old, new)
    return replace(snippet, source=Source(text, snippet.place))


def _exchanges(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Cut at each command."""
    part: list[Item] = []
    for item in items:
        if isinstance(item, Command) and part:
            yield part
            part = []
        part.append(item)
    if part:
        yield part


def _said(part: Sequence[Item], ignore: frozenset[str]) -> Iterator[str]:
    """Write a part as a transcript, each message on one line."""
    replied = any(isinstance(item, Reply) for item in part)
    for item in part:
        match item:
            case Command():
                yield f"-> {show(item.pattern)}"
                if not replied:
                    yield _SUCCESS
            case Reply() | Event():
                yield f"<- {show(_without(item.pattern, ignore))}"
            case _:
                yield "..."


def _without(pattern: Pattern, ignore: frozenset[str]) -> Pattern:
    """Leave out what is not compared."""
    if isinstance(pattern, Array):
        return replace(pattern, entries=tuple(_open(it, ignore) for it in pattern.entries))
    if not isinstance(pattern, Object):
        return pattern
    return replace(pattern, entries=tuple(_member(it, ignore) for it in pattern.entries))


def _open(pattern: Pattern, ignore: frozenset[str]) -> Pattern:
    """Let an object inside of a message have more members than are printed."""
    known = _without(pattern, ignore)
    if not isinstance(known, Object) or known.has_gap:
        return known
    more = Elided(known.source, known.end, known.end, "")
    return replace(known, entries=(*known.entries, more))


def _member(entry: Member | Elided, ignore: frozenset[str]) -> Member | Elided:
    if isinstance(entry, Elided):
        return entry
    if entry.key in ignore:
        nothing = Elided(entry.source, entry.value.start, entry.value.end, "")
        return replace(entry, value=nothing)
    return replace(entry, value=_open(entry.value, ignore))
