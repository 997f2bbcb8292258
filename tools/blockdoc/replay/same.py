# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold the commands of an example against those of a recording.

::

    example    -> { "execute": "blockdev-del", "arguments": {"node-name": "copy"} }
    recording  -> { "execute": "blockdev-del", "arguments": {"node-name": "libvirt-6-format"} }
                                                              names may differ ─┘

Both are the same sequence if they have the same commands in the same order, each with the
same members and the same values, but for *names*: the strings in the members of `NAMED`.
A name of the one must stand for one name of the other, everywhere and in both directions,
so that two nodes cannot become one, nor one two.  Commands that only ask are left out.

The steps that an example marks as its set-up stand for what was there before.  It may be
less than libvirt had, but what stands on what there must be so in the recorded graph: this
tells the layers of a chain apart that are named only when they are deleted.

An example may say with `:when:` what other releases are told; what it says to the QEMU that
was recorded counts.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from blockdoc.errors import Place
from blockdoc.example import Example
from blockdoc.replay.known import Known
from blockdoc.replay.recording import Recording
from blockdoc.replay.sequence import is_question
from blockdoc.schema.recorded import Released
from blockdoc.transcript import Command, Release, parse_transcript

__all__ = [
    "Edges",
    "Spoken",
    "below_in_example",
    "below_in_recording",
    "differences",
    "of_example",
    "of_recording",
]

#: What is below a node, by its name and the role.
Edges = Mapping[tuple[str, str], str]
ROLES = ("file", "backing")

#: Members that hold a name, whichever command they belong to.
NAMED = frozenset(
    {"node-name", "node", "device", "drive", "target", "overlay", "top-node", "base-node"}
    | {"replaces", "job-id", "id", "name", "bitmap", "bitmaps", "filename", "path", "bus"}
    | {"iothread", "serial", "backing-file", "file", "backing"}
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One command, and where it stands."""

    name: str
    arguments: Mapping[str, Any]
    place: Place


@dataclass(slots=True)
class _Names:
    """Which name of the recording is which of the example."""

    ours: dict[str, str] = field(default_factory=dict)
    theirs: dict[str, str] = field(default_factory=dict)

    def agree(self, ours: str, theirs: str) -> bool:
        """Say whether the two can stand for each other; if so, they do from now on."""
        if self.theirs.get(ours, theirs) != theirs or self.ours.get(theirs, ours) != ours:
            return False
        self.theirs[ours], self.ours[theirs] = theirs, ours
        return True


def of_recording(recording: Recording) -> list[Spoken]:
    """Return what libvirt says, without what it only asks."""
    return [
        Spoken(it.command, it.arguments, it.place)
        for it in recording.items
        if it.command and not is_question(it.command)
    ]


def of_example(example: Example, root: Path, release: str) -> list[Spoken]:
    """Return what an example says to a QEMU of `release`, its set-up left out.

    :raise AuthorError: it cannot be read.
    """
    return list(_spoken(example, root, release, setup=False))


def below_in_example(example: Example, root: Path, release: str) -> Edges:
    """Return what stands on what when the set-up is done.

    :raise AuthorError: it cannot be read.
    """
    return {
        (it.arguments["node-name"], role): it.arguments[role]
        for it in _spoken(example, root, release, setup=True)
        if it.name == "blockdev-add"
        for role in ROLES
        if isinstance(it.arguments.get(role), str)
    }


def below_in_recording(recording: Recording) -> Edges:
    """Return what stood on what before libvirt's first word."""
    return {(it.parent, it.role): it.child for it in Known(recording).links}


def _spoken(example: Example, root: Path, release: str, *, setup: bool) -> Iterator[Spoken]:
    target = Released(root, Release.parse(release))
    for step in example.steps:
        if step.kind == "qmp" and ("setup" in step.alternatives[0].options) is setup:
            fence = step.fence(target)
            yield from _commands(fence.text, fence.body)


def _commands(text: str, place: Place) -> Iterator[Spoken]:
    transcript = parse_transcript(text, place)
    for item in transcript.items:
        if isinstance(item, Command):
            message = json.loads(text[item.pattern.start : item.pattern.end])
            if not is_question(message["execute"]):
                arguments = message.get("arguments") or {}
                at = transcript.place_at(item.start)
                yield Spoken(message["execute"], arguments, at)


def differences(
    ours: Sequence[Spoken], theirs: Sequence[Spoken], before: tuple[Edges, Edges] = ({}, {})
) -> list[str]:
    """Say where an example is not the same sequence as a recording.

    `before`: what stood on what in the example, and in the recording.
    """
    names = _Names()
    found = []
    for one, other in zip_longest(ours, theirs):
        if one is None or other is None:
            there, lacks = (one, "libvirt") if other is None else (other, "the example")
            found.append(f"{there.place}: {there.name}: {lacks} does not say it")
        elif one.name != other.name:
            found.append(f"{one.place}: {one.name}: libvirt says {other.name}")
            break
        else:
            told = _compare(one.arguments, other.arguments, "", names)
            found += [f"{one.place}: {one.name}: {it}" for it in told]
    return [*found, *_below(names, *before)]


def _below(names: _Names, ours: Edges, theirs: Edges) -> Iterator[str]:
    """Follow the edges from the nodes that were spoken of."""
    waiting = list(names.theirs)
    while waiting:
        node = waiting.pop()
        for role in ROLES:
            child, recorded = ours.get((node, role)), theirs.get((names.theirs[node], role))
            if child is None:
                continue
            is_new = child not in names.theirs
            if recorded is None or not names.agree(child, recorded):
                yield f"{role} of {node} is {child}, which is not libvirt's {recorded}"
            elif is_new:
                waiting.append(child)


def _compare(ours: Any, theirs: Any, key: str, names: _Names) -> Iterator[str]:  # noqa: ANN401
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for member in sorted({*ours, *theirs}):
            if member not in ours or member not in theirs:
                who = "libvirt" if member in ours else "the example"
                yield f"{who} does not say {member}"
            else:
                yield from _compare(ours[member], theirs[member], member, names)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for one, other in zip(ours, theirs, strict=True):
            yield from _compare(one, other, key, names)
    elif key in NAMED and isinstance(ours, str) and isinstance(theirs, str):
        if not names.agree(ours, theirs):
            if ours in names.theirs and names.theirs[ours] != theirs:
                yield f"{key}: {ours} stands for {names.theirs[ours]} already, not for {theirs}"
            else:
                yield f"{key}: {names.ours[theirs]} stands for {theirs}, not {ours}"
    elif type(ours) is not type(theirs) or ours != theirs:
        yield f"{key}: {ours!r}, libvirt says {theirs!r}"
