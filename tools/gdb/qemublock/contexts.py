# SPDX-License-Identifier: GPL-2.0-or-later
"""Event loops: which thread runs each, and what it still has to do."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gdb

from qemublock import stacks, threads
from qemublock.functions import function_at
from qemublock.lists import DamagedError, chain, elements, has, static, text
from qemublock.qom import path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qemublock.coroutine import Coroutines

#: Bits of QEMUBH::flags (util/async.c).
SCHEDULED, DELETED, ONESHOT, IDLE = 0x2, 0x4, 0x8, 0x10
#: QEMUClockType of include/qemu/timer.h.
CLOCKS = ("realtime", "virtual", "host", "virtual-rt")


@dataclass(frozen=True)
class Context:
    """An AioContext and who runs it."""

    address: int
    name: str
    #: gdb's number of its thread; 0: not known.
    thread: int
    value: gdb.Value


def contexts(known: Coroutines) -> list[Context]:
    """Return the main loop's, then those of iothreads, the oldest first.

    :raise DamagedError: the main loop's cannot be found.
    """
    main = static("qemu_aio_context", "main-loop.c")
    found = [Context(int(main), "main loop", threads.main(), main)]
    for thread, iothread in sorted(_iothreads(known), key=lambda it: it[0].ptid[1]):
        ctx = iothread["ctx"]
        found.append(Context(int(ctx), _name(thread, iothread), thread.num, ctx))
    return found


def _iothreads(known: Coroutines) -> Iterator[tuple[gdb.InferiorThread, gdb.Value]]:
    """Yield threads that are in iothread_run(), with its iothread."""
    for thread in threads.each():
        with contextlib.suppress(DamagedError, gdb.error):  # `why` tells of it
            iothreads = [
                _iothread(frame)
                for frames in stacks.parts(known)
                for frame in frames
                if frame.name() == "iothread_run"
            ]
            yield from ((thread, it) for it in iothreads[:1] if it is not None)


def _iothread(frame: gdb.Frame) -> gdb.Value | None:
    """Return what iothread_run() runs, if the compiler has kept it."""
    for name in ("iothread", "opaque"):
        try:
            value = frame.read_var(name)
            value.fetch_lazy()  # the frame may not be there later
            if not value.is_optimized_out:
                return value.cast(gdb.lookup_type("IOThread").pointer())
        except (gdb.error, ValueError):
            continue
    return None


def _name(thread: gdb.InferiorThread, iothread: gdb.Value) -> str:
    try:
        name = path(iothread).rsplit("/", 1)[-1]
    except (gdb.error, ValueError):
        name = thread.name or "?"
    return f"iothread {name}"


def lines(context: Context) -> Iterator[str]:
    """Yield what one event loop has to do."""
    ctx = context.value
    thread = f"thread {context.thread}" if context.thread else "no thread"
    yield f"{context.name} ({hex(context.address)}, {thread})"
    for bh in _bhs(ctx):
        yield f"  {bh}"
    for handler in elements(ctx["aio_handlers"], "node"):
        functions = [
            f"{name[3:]} {symbol(handler[name])}"
            for name in ("io_read", "io_write", "io_poll")
            if int(handler[name])
        ]
        if functions:
            yield f"  fd {int(handler['pfd']['fd'])}: {', '.join(functions)}"
    yield from _timers(ctx["tlg"])
    for co in elements(ctx["scheduled_coroutines"], "co_scheduled_next"):
        yield f"  to be entered: coroutine {hex(int(co))}"


def main_loop_timers() -> Iterator[str]:
    """Yield the timers that are no event loop's own (main_loop_tlg)."""
    symbol = gdb.lookup_global_symbol("main_loop_tlg")
    if symbol is not None:
        yield from _timers(symbol.value())


def _bhs(ctx: gdb.Value) -> Iterator[str]:
    for bh in elements(ctx["bh_list"], "next"):
        flags = int(bh["flags"])
        if flags & SCHEDULED and not flags & DELETED:
            kind = "one-shot BH" if flags & ONESHOT else "idle BH" if flags & IDLE else "BH"
            name = text(bh["name"]) if has(bh, "name") else ""
            yield f"{kind} scheduled: {name or symbol(bh['cb'])}"


def _timers(group: gdb.Value) -> Iterator[str]:
    for number, clock in enumerate(CLOCKS):
        timers = group["tl"][number]
        first = timers["active_timers"] if int(timers) else timers
        if not int(first):
            continue
        for timer in chain(first, "next"):
            yield f"  timer at {int(timer['expire_time'])} ns ({clock}): {symbol(timer['cb'])}"


def symbol(pointer: gdb.Value) -> str:
    """Return the name of the function to which a pointer points."""
    return function_at(int(pointer))
