# SPDX-License-Identifier: GPL-2.0-or-later
"""What the threads that run event loops are in, told from their innermost frames.

A loop that waits for events is in ppoll(2) or its like, called by the loop itself.  A
loop that is anywhere else serves nobody meanwhile: it runs, is in some other system
call, or is blocked by another thread.  Of a mutex glibc notes who holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import gdb

from qemublock import threads
from qemublock.contexts import contexts
from qemublock.coroutine import OUTERMOST
from qemublock.functions import function_at
from qemublock.lists import DamagedError
from qemublock.machine import code_before, machine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qemublock.coroutine import Coroutines

#: Functions in which a loop waits for events.
WAITERS = frozenset(
    {
        "qemu_poll_ns",
        "fdmon_poll_wait",
        "fdmon_epoll_wait",
        "fdmon_io_uring_wait",
        "os_host_main_loop_wait",
        "iothread_run",  # it runs glib's loop
    }
)
#: Functions that wait for a mutex, and those that ask them to.
LOCKS = frozenset({"qemu_mutex_lock_impl", "qemu_rec_mutex_lock_impl"})
#: Functions that wait until another thread has done something.
ANOTHER = frozenset(
    {
        "qemu_cond_wait_impl",
        "qemu_cond_timedwait_impl",
        "qemu_cond_timedwait_ts",
        "qemu_event_wait",
        "qemu_futex_wait",
        "qemu_sem_wait",
        "qemu_sem_timedwait",
        "qemu_thread_join",
    }
)
#: Functions of the C library that end the process, and what is said of a thread in them.
ENDS = {"__assert_fail": "has failed an assertion in", "abort": "has called abort() in"}
#: Functions of headers that stand between a lock and who wants it.
WRAPPERS = frozenset(
    {
        "qemu_mutex_lock",
        "qemu_rec_mutex_lock",
        "qemu_lockable_lock",
        "qemu_lockable_auto_lock",
        "qemu_lockable_mutex_lock",
        "qemu_futex_wait",
        "qemu_cond_wait",
    }
)


@dataclass(frozen=True)
class Doing:
    """What a thread is in."""

    thread: int
    lwp: int
    #: Whose event loop it runs; empty: none that is known.
    loop: str
    #: What it is in, as the end of a sentence; empty: it waits for events.
    words: str
    #: Address of the mutex that it waits for, and who holds that: an LWP; else 0.
    mutex: int = 0
    owner: int = 0

    @property
    def title(self) -> str:
        """It, in words."""
        return f"thread {self.thread} ({self.loop})" if self.loop else f"thread {self.thread}"


def doings(known: Coroutines, notes: list[str]) -> list[Doing]:
    """Return what each thread is in."""
    try:
        names = {one.thread: one.name for one in contexts(known)}
    except (DamagedError, gdb.error) as error:
        notes.append(f"event loops: {error}")
        names = {}
    found = []
    for thread in threads.each():
        frames = list(threads.frames())
        loop = names.get(thread.num, "")
        if not loop and any(frame.name() in OUTERMOST for frame in frames):
            loop = "in a coroutine"
        words, mutex, owner = _doing(frames)
        found.append(Doing(thread.num, thread.ptid[1], loop, words, mutex, owner))
    return found


def lines(found: list[Doing]) -> Iterator[str]:
    """Say of each loop that does not wait for events what it is in; and who is blocked."""
    for one in found:
        if one.mutex:
            yield f"{_capital(one.title)} {one.words}{_held(one, found)}."
        elif one.loop and one.words:
            yield f"{_capital(one.title)} {one.words}."


def _held(one: Doing, found: list[Doing]) -> str:
    """Say who holds the mutex that a thread waits for, and what that thread is in."""
    by_lwp = {it.lwp: it for it in found}
    seen = [one]
    text = ""
    now = one
    while now.mutex:
        if not now.owner:
            return f"{text}; nobody holds it now"
        holder = by_lwp.get(now.owner)
        if holder is None:
            return f"{text}; LWP {now.owner} holds it, which is no thread any more"
        if holder in seen:
            around = "itself" if holder is now else holder.title
            return f"{text}; {around} holds it: a deadlock"
        seen.append(holder)
        text += f"; {holder.title} holds it, and {holder.words or 'waits for events'}"
        now = holder
    return text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _doing(frames: list[gdb.Frame]) -> tuple[str, int, int]:
    """Return what a thread is in, and the mutex that it waits for, and its owner."""
    if not frames:
        return "has no frames that can be read", 0, 0
    ours = [frame for frame in frames if _is_ours(frame)]
    name = (ours[0].name() or "?") if ours else frames[-1].name() or "?"
    called = f"{_caller(ours) or name}()"
    if not _in_system_call(frames[0]):
        return f"runs, in {called}", 0, 0
    if name in WAITERS:
        return "", 0, 0
    if name in LOCKS:
        return _locked(frames, called)
    return _call(frames, name, called), 0, 0


def _call(frames: list[gdb.Frame], name: str, called: str) -> str:
    """Say which call of the kernel's a thread is in, or what for, and who made it."""
    if ends := _ends(frames):
        return f"{ends} {called}"
    if name in ANOTHER:
        return f"waits for another thread in {name}(), called by {called}"
    return f"is in a system call, {_name_of_call(frames)}, called by {called}"


def _ends(frames: list[gdb.Frame]) -> str:
    """Say how a thread ends the process; nothing if it does not."""
    said = ""
    for frame in frames:
        if _is_ours(frame):
            break
        name = (frame.name() or "").replace("__GI_", "", 1)
        said = ENDS.get(name, said)
    return said


def _locked(frames: list[gdb.Frame], called: str) -> tuple[str, int, int]:
    mutex = _mutex(frames)
    if mutex is None:
        return f"is blocked: {called} waits for a mutex that cannot be told", 0, 0
    address = int(mutex.address or 0)
    owner = int(mutex["__data"]["__owner"])
    name = function_at(address)
    which = hex(address) if name.startswith("0x") else f"{name} ({hex(address)})"
    return f"is blocked: {called} waits for mutex {which}", address, owner


def _mutex(frames: list[gdb.Frame]) -> gdb.Value | None:
    """Return the pthread_mutex_t that a thread waits for: QEMU's frame knows, or glibc's."""
    kind = gdb.lookup_type("pthread_mutex_t").pointer()
    for frame in frames:
        if "mutex_lock" in (frame.name() or ""):
            try:
                value = frame.read_var("mutex")
                if not value.is_optimized_out and int(value):
                    return value.cast(kind).dereference()  # QemuMutex begins with it
            except (ValueError, gdb.error):
                continue
    return None


def _is_ours(frame: gdb.Frame) -> bool:
    """Say whether a frame is of QEMU's own code, not of a library or its headers."""
    if gdb.solib_name(frame.pc()):
        return False
    symtab = frame.find_sal().symtab
    return symtab is not None and not symtab.fullname().startswith("/usr/include")


def _caller(ours: list[gdb.Frame]) -> str:
    """Return the innermost function that is none of those that wait for it."""
    names = (frame.name() or "?" for frame in ours)
    return next((it for it in names if it not in WRAPPERS | LOCKS | ANOTHER), "")


def _name_of_call(frames: list[gdb.Frame]) -> str:
    """Return the name of the function of the C library that a thread has called."""
    outermost = frames[0].name() or "?"
    for frame in frames:
        if _is_ours(frame):
            break
        outermost = frame.name() or outermost
    return f"{outermost}()"


def _in_system_call(frame: gdb.Frame) -> bool:
    """Say whether the instruction before a thread's next one calls the kernel, or that one.

    A call that is interrupted, as by what makes the core file, is to be made anew: arm64's
    kernel puts the thread back before a debugger looks, and that of x86-64 afterwards.
    """
    code = machine().system_call
    ends = (frame.pc(), frame.pc() + len(code))
    return any(code_before(end, len(code)) == code for end in ends)
