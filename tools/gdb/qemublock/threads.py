# SPDX-License-Identifier: GPL-2.0-or-later
"""Threads: gdb looks at one at a time, and afterwards at the one that it looked at before."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gdb

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class LookedAt:
    """The thread and the frame that gdb looks at."""

    thread: gdb.InferiorThread | None
    frame: gdb.Frame | None

    @classmethod
    def now(cls) -> LookedAt:
        """Return those that it looks at now."""
        thread = gdb.selected_thread()
        try:
            return cls(thread, gdb.selected_frame())
        except gdb.error:
            return cls(thread, None)

    def restore(self) -> None:
        """Let gdb look at them again."""
        if self.thread is not None and self.thread.is_valid():
            self.thread.switch()
        if self.frame is not None and self.frame.is_valid():
            self.frame.select()


@contextlib.contextmanager
def selection() -> Iterator[None]:
    """Leave gdb looking at the thread and the frame that it looks at now."""
    before = LookedAt.now()
    try:
        yield
    finally:
        before.restore()


def each() -> Iterator[gdb.InferiorThread]:
    """Yield the threads, each selected, in the order of gdb's numbers."""
    with selection():
        for thread in sorted(gdb.selected_inferior().threads(), key=lambda it: it.num):
            try:
                thread.switch()
            except gdb.error:
                continue  # a worker of the kernel's, which no thread library knows
            yield thread


def main() -> int:
    """Return gdb's number of the main thread; 0: it is not there.

    It is the first of a process.  Of a core file that is the one that crashed.
    """
    inferior = gdb.selected_inferior()
    return next((it.num for it in inferior.threads() if it.ptid[1] == inferior.pid), 0)


def select(number: int) -> None:
    """Let gdb look at the thread that it calls `number`."""
    for thread in gdb.selected_inferior().threads():
        if thread.num == number:
            thread.switch()


def newest_frame() -> gdb.Frame:
    """Return the selected thread's innermost frame.

    :raise gdb.error: it has no registers, in a core file that is damaged.
    """
    frame = gdb.newest_frame()
    frame.pc()
    return frame


def frames() -> Iterator[gdb.Frame]:
    """Yield the frames of the selected thread, innermost first, as far as they can be had."""
    try:
        frame: gdb.Frame | None = newest_frame()
        while frame is not None:
            yield frame
            frame = frame.older()
    except gdb.error:
        return
