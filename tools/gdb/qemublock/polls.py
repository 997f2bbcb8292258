# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads that poll: AIO_WAIT_WHILE() and its like, found by their functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import gdb

from qemublock import threads

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Functions whose polling is understood; anything else is named as it is.
KNOWN = frozenset(
    {
        "bdrv_do_drained_begin",
        "bdrv_drained_begin",
        "bdrv_drain_all_begin",
        "bdrv_drain_all",
        "bdrv_graph_wrlock",
        "bdrv_poll_co",
        "blk_drain",
        "blk_drain_all",
        "blk_exp_close_all_type",
        "blk_exp_close_all",
        "job_finish_sync_locked",
        "job_finish_sync",
        "nbd_server_free",
    }
)
#: What marshals a QMP command is called this, and the command.
COMMAND = "qmp_marshal_"
#: Calls the callback of a request that has ended.
COMPLETION = "blk_aio_complete"


@dataclass(frozen=True)
class Poll:
    """A thread that polls for a condition."""

    thread: int
    function: str
    frame: gdb.Frame
    #: Functions below it, innermost first.
    below: tuple[str, ...]
    iothread: bool

    @property
    def command(self) -> str:
        """The QMP command that the thread executes; empty if none."""
        for name in self.below:
            if name.startswith(COMMAND):
                return name[len(COMMAND) :].replace("_", "-")
        return ""

    def variable(self, *names: str) -> gdb.Value | None:
        """Return a variable of the function that polls, or of one into which it is inlined."""
        frame: gdb.Frame | None = self.frame
        for _ in range(6):
            if frame is None:
                return None
            for name in names:
                try:
                    value = frame.read_var(name)
                except (ValueError, gdb.error):
                    continue
                if not value.is_optimized_out:
                    return value
            frame = frame.older()
        return None


def polls() -> Iterator[list[Poll]]:
    """Yield for each thread that polls its polls, the innermost first: they nest."""
    for thread in threads.each():
        if found := _polls(thread.num):
            yield found


def _polls(number: int) -> list[Poll]:
    frames = list(threads.frames())
    names = tuple(frame.name() or "?" for frame in frames)
    iothread = "iothread_run" in names
    found = []
    for place, name in enumerate(names[:-1]):
        if name != "aio_poll" or names[place + 1] in ("aio_poll", "iothread_run"):
            continue
        at = _who(frames, names, place + 1)
        found.append(Poll(number, names[at], frames[at], names[at + 1 :], iothread))
    return found


def _who(frames: list[gdb.Frame], names: tuple[str, ...], place: int) -> int:
    """Return the place of the function that polls: that inlined, or what is known around it."""
    at = place
    while names[at] not in KNOWN and frames[at].type() == gdb.INLINE_FRAME:
        at += 1
    return at if names[at] in KNOWN else place
