# SPDX-License-Identifier: GPL-2.0-or-later
"""All that a question about a process can draw upon, read once."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import gdb

from qemublock import stacks
from qemublock.coroutine import Coroutine, Coroutines, State
from qemublock.graph import Graph
from qemublock.lists import DamagedError, text
from qemublock.requests import Request, by_coroutine, requests_of
from qemublock.waits import Wait, wait_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: How deep the functions of a coroutine are looked at.
DEEP = 200
#: States that say everything.
PLAIN = {
    State.RUNNING: "runs",
    State.NEW: "has not been entered yet",
    State.POOLED: "has ended",
}


def all_coroutines() -> Coroutines:
    """Return all coroutines as they stand now."""
    return Coroutines(lambda one: stacks.functions(one.registers))


@dataclass
class Knowledge:
    """Coroutines, the graph, its requests, and what each coroutine waits for."""

    coroutines: Coroutines
    graph: Graph
    requests: list[Request]
    notes: list[str] = field(default_factory=list)
    _waits: dict[int, Wait] = field(default_factory=dict)

    @classmethod
    def now(cls) -> Knowledge:
        """Read it."""
        coroutines, graph = all_coroutines(), Graph()
        notes = [*coroutines.notes, *graph.notes]
        return cls(coroutines, graph, requests_of(graph.nodes, notes), notes)

    def noting(self, what: str, lines: Iterable[str]) -> Iterator[str]:
        """Yield lines about something as far as they can be had, and note where they end."""
        try:
            yield from lines
        except (DamagedError, gdb.error) as error:
            self.notes.append(f"{what}: {error}")

    def wait(self, one: Coroutine) -> Wait:
        """Return what a coroutine waits for."""
        if one.address not in self._waits:
            self._waits[one.address] = self._wait(one)
        return self._waits[one.address]

    def _wait(self, one: Coroutine) -> Wait:
        if one.state in PLAIN:
            return Wait(PLAIN[one.state], waits=False)
        if who := _scheduled(one):
            return Wait(f"for its event loop to enter it (scheduled by {who})")
        try:
            with stacks.frames(one.registers) as frames:
                wait = wait_of(frames)
        except gdb.error as error:
            self.notes.append(f"coroutine {hex(one.address)}: {error}")
            return Wait("for something that cannot be read")
        request = self.request_of(one.address)
        if request is not None and request.behind and not wait.behind:
            return Wait(wait.words, wait.idle, request.behind)
        return wait

    def at(self, address: int) -> str:
        """Say what the coroutine at `address` is doing."""
        one = self.coroutines.get(address)
        return f"coroutine {hex(address)} {self.wait(one)}" if one else ""

    def request_of(self, address: int) -> Request | None:
        """Return what a coroutine does for the node opened last: as a rule the highest."""
        owned = self._owned.get(address)
        return owned[-1] if owned else None

    @functools.cached_property
    def _owned(self) -> dict[int, list[Request]]:
        return by_coroutine(self.requests)

    def functions(self, one: Coroutine) -> list[str]:
        """Return the functions in which a coroutine is, those inlined too, innermost first."""
        found: list[str] = []
        with stacks.frames_of(one) as frames:
            for frame in frames:
                found.append(frame.name() or "?")
                if len(found) >= DEEP:
                    break
        return found


def _scheduled(one: Coroutine) -> str:
    """Return who asked for a coroutine to be entered, if that is still to be done.

    A coroutine that sleeps says that it is scheduled, too: by its timer.
    """
    if not one.scheduled:
        return ""
    try:
        who = text(gdb.Value(one.scheduled).cast(gdb.lookup_type("char").pointer()))
    except gdb.error:
        return ""
    return "" if "sleep" in who else who
