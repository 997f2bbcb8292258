# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames as text, in the form that gdb's own ``bt`` has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gdb

from qemublock import stacks, values
from qemublock.coroutine import OUTERMOST
from qemublock.functions import called_before
from qemublock.listing import title
from qemublock.lists import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from qemublock.coroutine import Coroutine, Coroutines
    from qemublock.places import Place

#: How the frames of a thread end.
ENDS = (gdb.FRAME_UNWIND_NO_REASON, gdb.FRAME_UNWIND_OUTERMOST)


def whole(known: Coroutines, one: Coroutine, notes: list[str]) -> list[str]:
    """Return a coroutine's title, its frames, and those of the coroutines that entered it."""
    return [title(one), *values.forgotten(lambda: list(_frames(known, one, notes)))]


def _frames(known: Coroutines, one: Coroutine, notes: list[str]) -> Iterator[str]:
    number = 0
    try:
        for now in known.with_callers(one):
            with stacks.frames_of(now) as found:
                walk = _Walk(found)
                for text in lines(known.places.of(walk), number):
                    yield text
                    number += text.startswith("#")
                if not walk.is_whole(leader=known.get(now.address) is None):
                    notes.append(
                        f"coroutine {hex(now.address)}: its stack cannot be read beyond "
                        f"frame #{number - 1}"
                    )
    except gdb.error as error:
        notes.append(f"coroutine {hex(one.address)}: {error}")
    except DamagedError as error:
        notes.append(str(error))


class _Walk:
    """Frames, and what was the last of them."""

    def __init__(self, frames: Iterable[gdb.Frame]) -> None:
        self._frames = frames
        self._last: gdb.Frame | None = None

    def __iter__(self) -> Iterator[gdb.Frame]:
        for frame in self._frames:
            self._last = frame
            yield frame

    def is_whole(self, *, leader: bool) -> bool:
        """Say whether the last is the outermost: a leader's is that of its thread."""
        if self._last is None:
            return False
        if leader:
            return self._last.unwind_stop_reason() in ENDS
        return self._last.name() in OUTERMOST


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
