# SPDX-License-Identifier: GPL-2.0-or-later
"""A coroutine's frames, unwound by gdb itself from what the compiler says of them.

gdb asks an unwinder for the caller of a frame before it looks for itself.  While one of
ours is armed, the answer for the selected thread's innermost frame is: the registers
that the coroutine saved.  So gdb goes on from there with everything that it can do
(inline frames, arguments, locals), and no register is written.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import gdb
import gdb.unwinder

from qemublock import threads
from qemublock.coroutine import OUTERMOST, Coroutine, Coroutines
from qemublock.functions import function_of
from qemublock.machine import Machine, machine

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A stack of 1 MiB has room for less.
MOST_FRAMES = 4096


class _FrameId:
    def __init__(self, sp: gdb.Value, pc: gdb.Value) -> None:
        self.sp = sp
        self.pc = pc


@dataclass
class _Answer:
    """What is said of one frame: that a coroutine called it."""

    machine: Machine
    #: Those of the coroutine.
    registers: dict[str, int]
    #: What gdb calls them, without a search by name, once the frame has been met.
    known: dict[str, gdb.RegisterDescriptor] = field(default_factory=dict)
    #: The frame's own pc and sp, then.
    innermost: tuple[int, int] | None = None

    def meet(self, frame: gdb.PendingFrame) -> None:
        """See which frame it is."""
        every = frame.architecture().registers()
        names = (*self.registers, *self.machine.masks)
        self.known = {name: one for name in names if (one := every.find(name))}
        self.innermost = self.place(frame)

    def place(self, frame: gdb.PendingFrame) -> tuple[int, int]:
        """Return the pc and sp of a frame."""
        pc, sp = self.known[self.machine.pc], self.known[self.machine.sp]
        return int(frame.read_register(pc)), int(frame.read_register(sp))

    def masks(self, frame: gdb.PendingFrame) -> Iterator[tuple[str, int]]:
        """Yield what the frame has of the registers that say how addresses are signed."""
        for name in self.machine.masks:
            if name in self.known:
                with contextlib.suppress(gdb.error):  # a core file that lacks them
                    yield name, int(frame.read_register(self.known[name]))


class _Unwinder(gdb.unwinder.Unwinder):
    """Answers for one frame while it is armed, and for none else."""

    def __init__(self) -> None:
        super().__init__("qemu-block")
        self.answer: _Answer | None = None
        #: The level at which that one was met: those above it need not be looked at.
        self.level = MOST_FRAMES

    def set(self, answer: _Answer | None) -> None:
        """Give this answer from now on, also for frames that gdb knows already."""
        self.answer, self.level = answer, MOST_FRAMES
        gdb.invalidate_cached_frames()

    def __call__(self, pending_frame: gdb.PendingFrame) -> gdb.UnwindInfo | None:
        answer = self.answer
        if answer is None or pending_frame.level() > self.level:
            return None
        try:
            if answer.innermost is None:
                answer.meet(pending_frame)  # gdb asks of it first, never of what is inlined
            elif answer.place(pending_frame) != answer.innermost:
                return None
        except gdb.error:  # a thread without registers, in a damaged core file
            return None
        self.level = pending_frame.level()
        pc, sp = (answer.known[it] for it in (answer.machine.pc, answer.machine.sp))
        below = answer.registers[answer.machine.sp] - 16  # else: "frame inner to this frame"
        frame_id = _FrameId(_cast(below, pending_frame, sp), pending_frame.read_register(pc))
        unwound = pending_frame.create_unwind_info(frame_id)
        for name, value in (*answer.registers.items(), *answer.masks(pending_frame)):
            known = answer.known[name]
            unwound.add_saved_register(known, _cast(value, pending_frame, known))
        return unwound


def _cast(value: int, frame: gdb.PendingFrame, known: gdb.RegisterDescriptor) -> gdb.Value:
    return gdb.Value(value).cast(frame.read_register(known).type)


_UNWINDER = _Unwinder()


def register() -> None:
    """Make the unwinder known to gdb, in the place of one from before."""
    gdb.unwinder.register_unwinder(None, _UNWINDER, replace=True)
    gdb.events.cont.connect(lambda _: disarm())


def arm(registers: dict[str, int]) -> None:
    """Let the selected thread's innermost frame seem to be called by a coroutine.

    A thread that has no registers, in a damaged core file, is left for one that has.

    :raise gdb.error: no thread has them.
    """
    if _armed(registers):
        return
    for thread in gdb.selected_inferior().threads():
        with contextlib.suppress(gdb.error):
            thread.switch()
            if _armed(registers):
                return
    disarm()
    raise gdb.error("no thread's registers are in the core file")


def _armed(registers: dict[str, int]) -> bool:
    _UNWINDER.set(_Answer(machine(), registers))
    try:
        threads.newest_frame()
    except gdb.error:
        return False
    return True


def disarm() -> None:
    """Let the thread's frames be its own."""
    if _UNWINDER.answer is not None:
        _UNWINDER.set(None)


def first_frame() -> gdb.Frame | None:
    """Return the coroutine's innermost frame, while armed."""
    frame: gdb.Frame | None = gdb.newest_frame()
    while frame is not None and frame.type() == gdb.INLINE_FRAME:
        frame = frame.older()
    return frame.older() if frame is not None else None


@dataclass(frozen=True)
class Selected:
    """What gdb looks at: a thread, its frame, and the coroutine that was selected."""

    looked_at: threads.LookedAt
    answer: _Answer | None

    @classmethod
    def now(cls) -> Selected:
        """Return what it looks at now."""
        return cls(threads.LookedAt.now(), _UNWINDER.answer)

    def restore(self) -> None:
        """Let it look at that again, whatever was done or interrupted meanwhile."""
        _UNWINDER.set(self.answer)
        self.looked_at.restore()


@contextlib.contextmanager
def frames(registers: dict[str, int]) -> Iterator[Iterator[gdb.Frame]]:
    """Give the frames of the coroutine that saved `registers`, innermost first."""
    try:
        arm(registers)
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


def parts(known: Coroutines) -> Iterator[list[gdb.Frame]]:
    """Yield the selected thread's frames: of each coroutine that it is in, then its own.

    They are there as long as the next part is not asked for.

    :raise DamagedError: coroutines have entered each other in a circle.
    """
    running = known.running(gdb.selected_thread().num)
    if running is None:
        yield list(threads.frames())
        return
    for one in known.with_callers(running):
        with frames_of(one) as found:
            yield list(found)


def _walk(frame: gdb.Frame | None) -> Iterator[gdb.Frame]:
    for _ in range(MOST_FRAMES):
        if frame is None:
            return
        yield frame
        pc = frame.pc()
        if pc and function_of(pc - 1) in OUTERMOST and frame.name() in OUTERMOST:
            return
        try:
            frame = frame.older()
        except gdb.error:
            return  # the stack is not there, or damaged: what there is has been shown


def functions(registers: dict[str, int]) -> list[str]:
    """Return the names of the functions in which a coroutine is, innermost first."""
    with frames(registers) as found:
        return [frame.name() or "?" for frame in found if frame.type() != gdb.INLINE_FRAME]
