# SPDX-License-Identifier: GPL-2.0-or-later
"""A coroutine's frames, unwound by gdb itself from what the compiler says of them.

gdb asks an unwinder for the caller of a frame before it looks for itself.  While one of
ours is armed, the answer for the selected thread's innermost frame is: the registers
that the coroutine saved.  So gdb goes on from there with everything that it can do
(inline frames, arguments, locals), and no register is written.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import gdb
import gdb.unwinder

from qemublock import threads
from qemublock.coroutine import OUTERMOST, Coroutine
from qemublock.machine import Machine, machine

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A stack of 1 MiB has room for less.
MOST_FRAMES = 4096


class _FrameId:
    def __init__(self, sp: gdb.Value, pc: gdb.Value) -> None:
        self.sp = sp
        self.pc = pc


class _Unwinder(gdb.unwinder.Unwinder):
    """Answers for one frame while it is armed, and for none else."""

    def __init__(self) -> None:
        super().__init__("qemu-block")
        self.machine: Machine | None = None
        self.registers: dict[str, int] = {}
        self.innermost = (0, 0)
        #: The level at which that one was met: those above it need not be looked at.
        self.level = MOST_FRAMES

    def __call__(self, pending_frame: gdb.PendingFrame) -> gdb.UnwindInfo | None:
        if self.machine is None or pending_frame.level() > self.level:
            return None
        pc = pending_frame.read_register(self.machine.pc)
        sp = pending_frame.read_register(self.machine.sp)
        # Its level would not do: a function inlined at the top makes it higher than 0.
        if (int(pc), int(sp)) != self.innermost:
            return None
        self.level = pending_frame.level()
        below = self.registers[self.machine.sp] - 16  # else: "frame inner to this frame"
        unwound = pending_frame.create_unwind_info(_FrameId(gdb.Value(below).cast(sp.type), pc))
        for name, value in self.registers.items():
            kind = pending_frame.read_register(name).type
            unwound.add_saved_register(name, gdb.Value(value).cast(kind))
        return unwound


_UNWINDER = _Unwinder()


def register() -> None:
    """Make the unwinder known to gdb, in the place of one from before."""
    gdb.unwinder.register_unwinder(None, _UNWINDER, replace=True)
    gdb.events.cont.connect(lambda _: disarm())


def arm(registers: dict[str, int]) -> None:
    """Let the selected thread's innermost frame seem to be called by a coroutine."""
    kind = machine()
    disarm()
    top = gdb.newest_frame()
    innermost = (int(top.read_register(kind.pc)), int(top.read_register(kind.sp)))
    _UNWINDER.machine, _UNWINDER.registers, _UNWINDER.innermost = kind, registers, innermost
    _UNWINDER.level = MOST_FRAMES
    gdb.invalidate_cached_frames()


def disarm() -> None:
    """Let the thread's frames be its own."""
    if _UNWINDER.machine is not None:
        _UNWINDER.machine = None
        gdb.invalidate_cached_frames()


def first_frame() -> gdb.Frame | None:
    """Return the coroutine's innermost frame, while armed."""
    frame: gdb.Frame | None = gdb.newest_frame()
    while frame is not None and frame.type() == gdb.INLINE_FRAME:
        frame = frame.older()
    return frame.older() if frame is not None else None


@contextlib.contextmanager
def own_frames() -> Iterator[None]:
    """Let the threads' frames be their own for a while, also where a coroutine is selected."""
    before = _UNWINDER.machine
    if before is None:
        yield
        return
    with threads.selection():
        disarm()
        try:
            yield
        finally:
            _UNWINDER.machine = before
            gdb.invalidate_cached_frames()


@contextlib.contextmanager
def frames(registers: dict[str, int]) -> Iterator[Iterator[gdb.Frame]]:
    """Give the frames of the coroutine that saved `registers`, innermost first."""
    with threads.selection():
        arm(registers)
        try:
            yield _walk(first_frame())
        finally:
            disarm()


@contextlib.contextmanager
def frames_of(one: Coroutine) -> Iterator[Iterator[gdb.Frame]]:
    """Give the frames of a coroutine, innermost first: a running one's are its thread's."""
    if not one.thread:
        with frames(one.registers) as found:
            yield found
        return
    with threads.selection():
        disarm()
        threads.select(one.thread)
        yield _walk(gdb.newest_frame())


def _walk(frame: gdb.Frame | None) -> Iterator[gdb.Frame]:
    for _ in range(MOST_FRAMES):
        if frame is None:
            return
        yield frame
        if frame.name() in OUTERMOST:
            return
        try:
            frame = frame.older()
        except gdb.error:
            return  # the stack is not there, or damaged: what there is has been shown


def functions(registers: dict[str, int]) -> list[str]:
    """Return the names of the functions in which a coroutine is, innermost first."""
    with frames(registers) as found:
        return [frame.name() or "?" for frame in found if frame.type() != gdb.INLINE_FRAME]
