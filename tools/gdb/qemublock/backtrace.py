# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames as text, in the form that gdb's own ``bt`` has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gdb

from qemublock import stacks, values
from qemublock.coroutine import called_before
from qemublock.listing import title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from qemublock.coroutine import Coroutine, Coroutines
    from qemublock.places import Place


def whole(known: Coroutines, one: Coroutine, notes: list[str]) -> list[str]:
    """Return a coroutine's title, its frames, and those of the coroutines that entered it."""
    return [title(one), *values.forgotten(lambda: list(_frames(known, one, notes)))]


def _frames(known: Coroutines, one: Coroutine, notes: list[str]) -> Iterator[str]:
    number = 0
    seen: set[int] = set()
    now: Coroutine | None = one
    while now is not None and now.address not in seen:
        seen.add(now.address)
        try:
            with stacks.frames_of(now) as found:
                for text in lines(known.places.of(found), number):
                    yield text
                    number += text.startswith("#")
            now = _caller(known, now)
        except gdb.error as error:
            notes.append(f"coroutine {hex(one.address)}: {error}")
            return
    if now is not None:
        notes.append(f"the callers of coroutine {hex(one.address)} go round")


def _caller(known: Coroutines, one: Coroutine) -> Coroutine | None:
    if not one.caller:
        return None
    return known.get(one.caller) or known.leader(one.caller)


def lines(frames: Iterable[tuple[gdb.Frame, Place]], number: int = 0) -> Iterator[str]:
    """Yield a line for each frame, the first of them called `number`.

    A function that ends with a call may jump instead, and has no frame then.  gdb tells of
    it if the place is known to which it jumps; of a jump through a pointer, as that to a
    driver's function is, its caller's call does.
    """
    younger: Place | None = None
    for level, (frame, place) in enumerate(frames, number):
        if younger is not None and (name := _left(younger, place)):
            yield f"     {name} () [left by a jump: it has no frame]"
        yield f"#{level:<3} {place.line(frame)}"
        younger = place


def _left(younger: Place, older: Place) -> str:
    """Return the function that `older` called, if it is another than that of `younger`."""
    if younger.inlined or not older.calls:
        return ""
    was_called = called_before(older.pc)
    return was_called if younger.function not in ("", was_called) else ""
