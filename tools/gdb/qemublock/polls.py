# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads that poll: AIO_WAIT_WHILE() and its like, found by their functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import gdb

from qemublock import stacks, threads
from qemublock.lists import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qemublock.coroutine import Coroutines

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
#: Variables of theirs that say what is polled for.
VARIABLES = ("bs", "blk", "job", "s")
#: How many frames are looked at for them: a function that polls may be inlined.
NEAR = 6
#: What marshals a QMP command is called this, and the command.
COMMAND = "qmp_marshal_"
#: Calls the callback of a request that has ended.
COMPLETION = "blk_aio_complete"


@dataclass(frozen=True)
class Poll:
    """A thread that polls for a condition."""

    thread: int
    function: str
    #: Functions below it, innermost first.
    below: tuple[str, ...]
    iothread: bool
    #: Variables of the function, or of one into which it is inlined.
    variables: dict[str, gdb.Value]

    @property
    def command(self) -> str:
        """The QMP command that the thread executes; empty if none."""
        for name in self.below:
            if name.startswith(COMMAND):
                return name[len(COMMAND) :].replace("_", "-")
        return ""


def polls(known: Coroutines, notes: list[str]) -> Iterator[list[Poll]]:
    """Yield for each thread that polls its polls, the innermost first: they nest."""
    for thread in threads.each():
        if found := _polls(thread.num, known, notes):
            yield found


def _polls(number: int, known: Coroutines, notes: list[str]) -> list[Poll]:
    names: list[str] = []
    found: list[tuple[int, dict[str, gdb.Value]]] = []
    try:
        for frames in stacks.parts(known):
            here = [frame.name() or "?" for frame in frames]
            found.extend(
                (len(names) + at, _variables(frames[at : at + NEAR]))
                for at in _places(frames, here)
            )
            names += here
    except (DamagedError, gdb.error) as error:
        notes.append(f"frames of thread {number}: {error}")
    iothread = "iothread_run" in names
    return [
        Poll(number, names[at], tuple(names[at + 1 :]), iothread, variables)
        for at, variables in found
    ]


def _places(frames: list[gdb.Frame], names: list[str]) -> Iterator[int]:
    """Yield the places of functions that poll: those inlined, or what is known around them."""
    for place, name in enumerate(names[:-1]):
        if name == "aio_poll" and names[place + 1] not in ("aio_poll", "iothread_run"):
            at = place + 1
            while names[at] not in KNOWN and frames[at].type() == gdb.INLINE_FRAME:
                at += 1
            yield at if names[at] in KNOWN else place + 1


def _variables(frames: list[gdb.Frame]) -> dict[str, gdb.Value]:
    """Return those of VARIABLES that the compiler has kept, of the first frame that has it."""
    found: dict[str, gdb.Value] = {}
    for frame in frames:
        for name in VARIABLES:
            try:
                value = frame.read_var(name)
                value.fetch_lazy()  # the frame may not be there later
            except (ValueError, gdb.error):
                continue
            if not value.is_optimized_out:
                found.setdefault(name, value)
    return found
