# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold the commands of an example against those of a recording.

::

    example    -> { "execute": "blockdev-del", "arguments": {"node-name": "copy"} }
    recording  -> { "execute": "blockdev-del", "arguments": {"node-name": "libvirt-6-format"} }
                                                              names may differ ─┘

Both are the same sequence if they have the same commands in the same order, each with the
same members and the same values, but for *names*: the strings in the members of `NAMED`.
A name of the one must stand for one name of the other, everywhere and in both directions,
so that two nodes cannot become one, nor one two.  Commands that only ask are left out, and
so are the steps that an example marks as its set-up, which stand for what libvirt had
before.  An example may say with `:when:` what other releases are told; what it says to the
QEMU that was recorded counts.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from blockdoc.errors import Place
from blockdoc.example import Example
from blockdoc.replay.recording import Recording
from blockdoc.replay.sequence import is_question
from blockdoc.schema.recorded import Released
from blockdoc.transcript import Command, Release, parse_transcript

__all__ = ["Spoken", "differences", "of_example", "of_recording"]

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
        """Say whether the two can stand for each other, and remember that they do."""
        return (
            self.theirs.setdefault(ours, theirs) == theirs
            and self.ours.setdefault(theirs, ours) == ours
        )


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
    target = Released(root, Release.parse(release))
    fences = [
        fence
        for step in example.steps
        if step.kind == "qmp" and "setup" not in step.alternatives[0].options
        for fence in [step.fence(target)]
    ]
    return [it for fence in fences for it in _commands(fence.text, fence.body)]


def _commands(text: str, place: Place) -> Iterator[Spoken]:
    transcript = parse_transcript(text, place)
    for item in transcript.items:
        if isinstance(item, Command):
            message = json.loads(text[item.pattern.start : item.pattern.end])
            if not is_question(message["execute"]):
                arguments = message.get("arguments") or {}
                at = transcript.place_at(item.start)
                yield Spoken(message["execute"], arguments, at)


def differences(ours: Sequence[Spoken], theirs: Sequence[Spoken]) -> list[str]:
    """Say where an example is not the same sequence as a recording."""
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
    return found


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
            already = names.theirs.get(ours), names.ours.get(theirs)
            yield f"{key}: {ours} stands for {already[0]}, and {theirs} is {already[1]}"
    elif type(ours) is not type(theirs) or ours != theirs:
        yield f"{key}: {ours!r}, libvirt says {theirs!r}"
