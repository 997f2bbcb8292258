# SPDX-License-Identifier: GPL-2.0-or-later
"""Coroutines as a list: who waits for what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qemublock.coroutine import Coroutine, State
from qemublock.functions import function_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qemublock.knowledge import Knowledge
    from qemublock.waits import Wait

#: How many requests are shown of those that wait alike.
SHOWN = 3


def listing(known: Knowledge, *, every: bool = False) -> Iterator[str]:
    """Yield the lines of a list of all coroutines; those that wait alike are one."""
    groups: dict[tuple[State, Wait, int], list[Coroutine]] = {}
    for one in known.coroutines.all:
        if one.state.active:
            key = (one.state, known.wait(one), one.address if every else 0)
            groups.setdefault(key, []).append(one)
    for (state, wait, _), members in sorted(groups.items(), key=lambda it: -len(it[1])):
        first = members[0]
        many = f" and {len(members) - 1} more" if len(members) > 1 else ""
        waits = f", {wait}" if wait.waits else ""
        yield f"{hex(first.address)}{many}: {_state(state, first)}{waits}"
        for one in members[:SHOWN]:
            request = known.request_of(one.address)
            if request is not None:
                yield f"    {request}"
    yield counts(known)


def counts(known: Knowledge) -> str:
    """Return how many coroutines are in each state."""
    states = [one.state for one in known.coroutines.all]
    found = [f"{states.count(state)} {state.value}" for state in State if state in states]
    return ", ".join(found) or "no coroutines"


def title(one: Coroutine) -> str:
    """Return a line that says which coroutine this is."""
    function = function_at(one.entry)
    return f"Coroutine {hex(one.address)}, {_state(one.state, one)}, started with {function}"


def _state(state: State, one: Coroutine) -> str:
    return f"{state.value} by thread {one.thread}" if one.thread else state.value
