# SPDX-License-Identifier: GPL-2.0-or-later
"""The bare bones of an example: what is sent, and what is waited for.

::

    str bytes …   a command, as it is sent
    Wait(None)    the next reply
    Wait(event)   an event that has these members
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from blockdoc.errors import AuthorError
from blockdoc.example import Example, Fence, Machine
from blockdoc.qemu import Build
from blockdoc.transcript import (
    Command,
    Event,
    Json,
    Object,
    Reply,
    Scalar,
    parse_transcript,
    substitute,
)

__all__ = ["Awaited", "Line", "Script", "script_of"]

JsonObject = Mapping[str, Json]

#: What a picture of the graph is made from.
GRAPH: tuple[dict[str, Json], ...] = (
    {"execute": "query-named-block-nodes", "arguments": {"flat": True}},
    {"execute": "query-block-jobs"},
    {"execute": "query-block-exports"},
    {"execute": "x-debug-query-block-graph"},
)
#: Members of an event's data that tell it from others of its name.
TELLING = ("id", "status", "device", "node-name")


@dataclass(frozen=True, slots=True)
class Awaited:
    """A reply, or an event of which these members are known."""

    event: str | None = None
    data: tuple[tuple[str, Json], ...] = ()

    def fits(self, message: JsonObject) -> bool:
        """Say whether `message` is what is waited for."""
        if self.event is None:
            return "event" not in message
        data = cast("JsonObject", message.get("data", {}))
        return message.get("event") == self.event and all(
            data.get(key) == value for key, value in self.data
        )


Line = JsonObject | Awaited


@dataclass(frozen=True, slots=True)
class Script:
    """An example that can be replayed."""

    example: Example
    lines: tuple[Line, ...]

    @property
    def machine(self) -> Machine:
        """The only machine."""
        return self.example.machines[0]


def script_of(example: Example, build: Build) -> Script | None:
    """Return what is sent and waited for, or None if that depends on what QEMU answers."""
    if example.requires is not None and not example.requires.applies(build):
        return None
    if len(example.machines) > 1:
        return None
    try:
        lines = tuple(
            line for step in example.steps for line in _lines(step.kind, step.fence(build))
        )
    except AuthorError:  # a command with a value from an earlier answer
        return None
    return Script(example, lines)


def _lines(kind: str, fence: Fence) -> Iterator[Line]:
    if kind == "graph":
        for command in GRAPH:
            yield command
            yield Awaited()
        return
    if kind != "qmp":
        raise AuthorError(f"a step of kind {kind} is no conversation", fence.place)
    for item in parse_transcript(fence.text, fence.body).items:
        if isinstance(item, Command):
            yield cast("JsonObject", substitute(item.pattern, {}))
        elif isinstance(item, Reply):
            yield Awaited()
        elif isinstance(item, Event) and isinstance(item.pattern, Object):
            yield _awaited(item)


def _awaited(item: Event) -> Awaited:
    data = item.pattern.get("data") if isinstance(item.pattern, Object) else None
    known = data.members if isinstance(data, Object) else ()
    return Awaited(
        item.name,
        tuple(
            (member.key, member.value.value)
            for member in known
            if member.key in TELLING and isinstance(member.value, Scalar)
        ),
    )
