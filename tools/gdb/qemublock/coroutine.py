# SPDX-License-Identifier: GPL-2.0-or-later
"""All coroutines of a process, found without asking anyone who knows them.

No list holds every coroutine: one that waits for a file descriptor is known to nobody
but the event loop.  So memory is searched for the structure that qemu_coroutine_new()
allocates (util/coroutine-ucontext.c, util/coroutine-sigaltstack.c)::

    CoroutineUContext     base.entry, base.caller, …
                          stack        a page boundary
                          stack_size   what is searched for: 1 MiB and a guard page
                          env          registers, saved when it switched away

A freed coroutine may lie in memory unchanged.  It has terminated, though, so its stack
pointer is where qemu_coroutine_switch() was called by the trampoline itself: nothing
that still has something to do is so shallow.  Only pooled coroutines look the same, and
of those that claim one stack at most one is real.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Callable

import gdb

from qemublock import guest, machine, memory, threads
from qemublock.functions import function_of
from qemublock.lists import DamagedError, offsets
from qemublock.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: COROUTINE_STACK_SIZE of include/qemu/coroutine_int.h, in bytes.
STACK_SIZE = 1 << 20
BACKENDS = ("CoroutineUContext", "CoroutineSigAltStack")
#: Functions that run a coroutine's own; in one of them, it has not been entered yet.
OUTERMOST = ("coroutine_trampoline", "coroutine_bootstrap")
WITHOUT_WORK = [[name] for name in OUTERMOST]


NO_SYMBOLS = (
    "no debugging information of QEMU here: if this is QEMU, install that of its package "
    "(-dbgsym, -debuginfo), or load it with `symbol-file`"
)


class State(enum.Enum):
    """What a coroutine is doing."""

    RUNNING = "running"
    #: It has entered another coroutine, which has not yielded yet.
    ENTERED_ANOTHER = "in another"
    SUSPENDED = "suspended"
    #: Made or taken from the pool, and not entered since.
    NEW = "new"
    #: Ended and kept for the next user.
    POOLED = "pooled"

    @property
    def active(self) -> bool:
        """Whether there is something that it still has to do."""
        return self is not State.POOLED


@dataclass
class Coroutine:
    """One coroutine: addresses are numbers."""

    address: int
    entry: int
    entry_arg: int
    caller: int
    locks_held: int
    ctx: int
    scheduled: int
    stack: int
    stack_size: int
    registers: dict[str, int]
    state: State = State.SUSPENDED
    #: gdb's number of the thread that runs it.
    thread: int = 0

    @property
    def top(self) -> int:
        """The end of its stack, where its first frame is."""
        return self.stack + self.stack_size

    @property
    def value(self) -> gdb.Value:
        """It, as a pointer that gdb knows the type of."""
        return gdb.Value(self.address).cast(gdb.lookup_type("Coroutine").pointer())


@dataclass
class Layout:
    """Where the members of a coroutine are, in this build."""

    kind: gdb.Type
    machine: machine.Machine
    offsets: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of_program(cls) -> Layout:
        """Return the layout of the program that gdb has open.

        :raise gdb.GdbError: it has no coroutines, or no debugging information.
        """
        for name in BACKENDS:
            try:
                kind = gdb.lookup_type(name)
            except gdb.error:
                continue
            layout = cls(kind, machine.machine())
            base = offsets(gdb.lookup_type("Coroutine"))
            layout.offsets = {f"base.{name}": at for name, at in base.items()}
            layout.offsets.update(offsets(kind))
            return layout
        raise gdb.GdbError(NO_SYMBOLS)

    def word(self, data: bytes, name: str) -> int:
        """Return one member of a coroutine's bytes."""
        (value,) = struct.unpack_from("<Q", data, self.offsets[name])
        return int(value)

    def buffer(self, data: bytes) -> bytes:
        """Return the jump buffer in a coroutine's bytes."""
        start = self.offsets["env"]
        return data[start : start + self.machine.size]


class Coroutines:
    """All coroutines of the process, as it stands now."""

    def __init__(self, shape: Callable[[Coroutine], Iterable[str]]) -> None:
        """Search for them; `shape` unwinds one and gives its functions, innermost first."""
        #: What could not be read, and what follows from it.
        self.notes: list[str] = []
        self.places = Places()
        self.layout = Layout.of_program()
        self._regions = memory.without(memory.regions(), guest.memory(self.notes))
        if lacking := memory.lacking(self._regions):
            self.notes.append(
                f"{lacking >> 10} KiB of memory are not in the core file, or not whole: "
                "coroutines may be missing"
            )
        self._threads = dict(_stack_pointers(self.notes))
        found = self._with_registers(dict(self._candidates()))
        self.all = self._without_stale(self._classified(found, shape))
        self._by_address = {one.address: one for one in self.all}

    def __getitem__(self, address: int) -> Coroutine:
        """Return the coroutine at `address`.

        :raise KeyError: there is none.
        """
        return self._by_address[address]

    def get(self, address: int) -> Coroutine | None:
        """Return the coroutine at `address`, if there is one."""
        return self._by_address.get(address)

    def running(self, thread: int) -> Coroutine | None:
        """Return the coroutine that the thread of this number runs, if it runs one."""
        return next((one for one in self.all if one.thread == thread), None)

    def with_callers(self, one: Coroutine) -> Iterator[Coroutine]:
        """Yield a coroutine, what has entered it, and so on; last what is a thread's own.

        :raise DamagedError: they go round.
        """
        yield one
        seen, address = {one.address}, one.caller
        while address:
            if address in seen:
                raise DamagedError(f"the callers of coroutine {hex(one.address)} go round")
            seen.add(address)
            now = self.get(address) or self._leader(address)
            yield now
            address = now.caller

    def _leader(self, address: int) -> Coroutine:
        """Return what a thread is when it runs no coroutine: the last of the callers."""
        data = memory.read(address, self.layout.kind.sizeof)
        one = self._made(address, data, self._guard)
        one.state = State.ENTERED_ANOTHER
        return one

    def _candidates(self) -> Iterator[tuple[int, bytes]]:
        """Yield what looks like a coroutine.

        Stacks are not searched: they are many and large.  So what is as large as a stack
        comes last, when it is known which of them are.
        """
        usable = STACK_SIZE
        small = [region for region in self._regions if region.size != usable]
        threads = set(self._threads.values())
        small = [r for r in small if not any(sp in r for sp in threads) or r.size < STACK_SIZE]
        stacks: set[int] = set()
        for address, data in self._hits(small):
            stacks.add(self.layout.word(data, "stack"))
            yield address, data
        page = memory.page_size()
        rest = [r for r in self._regions if r.size == usable and r.start - page not in stacks]
        yield from self._hits(rest)

    def _hits(self, regions: list[memory.Region]) -> Iterator[tuple[int, bytes]]:
        page = memory.page_size()
        offset = self.layout.offsets["stack_size"]
        for hit in memory.search(regions, struct.pack("<Q", STACK_SIZE + page)):
            address = hit - offset
            try:
                data = memory.read(address, self.layout.kind.sizeof)
            except gdb.MemoryError:
                continue
            stack = self.layout.word(data, "stack")
            if stack and stack % page == 0 and address % 8 == 0:
                yield address, data

    def _with_registers(self, candidates: dict[int, bytes]) -> list[Coroutine]:
        self._guard = self._find_guard(candidates)
        return [self._made(at, data, self._guard) for at, data in candidates.items()]

    def _find_guard(self, candidates: dict[int, bytes]) -> int:
        word, kind = self.layout.word, self.layout.machine
        buffers = [
            machine.Saved(
                self.layout.buffer(data),
                word(data, "stack"),
                word(data, "stack") + word(data, "stack_size"),
            )
            for data in candidates.values()
        ]
        guard = machine.guard_in_memory(kind)
        if guard is None or not any(kind.fits(it, guard) for it in buffers):
            guard = machine.guard_by_plaintext(
                kind, buffers, machine.returns_of_sigsetjmp(kind)
            )
        if guard is None and buffers:
            self.notes.append(
                "the pointer guard cannot be had, from thread-local storage or otherwise: "
                "suspended coroutines cannot be shown"
            )
        return guard or 0

    def _made(self, address: int, data: bytes, guard: int) -> Coroutine:
        word = self.layout.word
        return Coroutine(
            address=address,
            entry=word(data, "base.entry"),
            entry_arg=word(data, "base.entry_arg"),
            caller=word(data, "base.caller"),
            locks_held=word(data, "base.locks_held"),
            ctx=word(data, "base.ctx"),
            scheduled=word(data, "base.scheduled"),
            stack=word(data, "stack"),
            stack_size=word(data, "stack_size"),
            registers=self.layout.machine.registers(self.layout.buffer(data), guard),
        )

    def _classified(
        self, found: list[Coroutine], shape: Callable[[Coroutine], Iterable[str]]
    ) -> list[Coroutine]:
        sp = self.layout.machine.sp
        mapped = memory.Lookup(self._regions)
        real: list[Coroutine] = []
        without_stack: list[Coroutine] = []
        for one in found:
            number = self._thread_on(one)
            if number and one.caller:
                one.state, one.thread = State.RUNNING, number
                real.append(one)
            elif one.stack <= one.registers[sp] < one.top:
                there = one.registers[sp] in mapped
                (real if there else without_stack).append(one)
        idle = [one for one in real if one.state is not State.RUNNING]
        ended = _depth_of_the_ended(idle, sp, shape)
        # those that have ended and were freed have no stack either
        if lost := sum(one.top - one.registers[sp] > ended for one in without_stack):
            self.notes.append(f"coroutines left out, as their stacks are not there: {lost}")
        for one in idle:
            if one.top - one.registers[sp] <= ended:
                new = one.scheduled or function_of(self._pc(one)) in OUTERMOST
                one.state = State.NEW if new else State.POOLED
            elif one.caller:
                one.state = State.ENTERED_ANOTHER
        return real

    def _thread_on(self, one: Coroutine) -> int:
        """Return the number of the thread whose stack pointer is in a coroutine's stack."""
        on_it = (number for number, at in self._threads.items() if one.stack <= at < one.top)
        return next(on_it, 0)

    def _pc(self, one: Coroutine) -> int:
        return one.registers[self.layout.machine.pc]

    @staticmethod
    def _without_stale(found: list[Coroutine]) -> list[Coroutine]:
        """Leave one coroutine for each stack: a freed one's may have a new owner."""
        owner: dict[int, Coroutine] = {}
        for one in found:
            known = owner.get(one.stack)
            if known is None or (one.state.active and not known.state.active):
                owner[one.stack] = one
        kept = set(map(id, owner.values()))
        return [one for one in found if id(one) in kept]


def _depth_of_the_ended(
    found: list[Coroutine], sp: str, shape: Callable[[Coroutine], Iterable[str]]
) -> int:
    """Return how much of its stack a coroutine that has ended still uses, in bytes."""
    by_depth = {one.top - one.registers[sp]: one for one in found}
    if not by_depth:
        return 0
    shallowest = min(by_depth)
    names = list(shape(by_depth[shallowest]))
    ended = names[:1] == ["qemu_coroutine_switch"] and names[1:] in WITHOUT_WORK
    return shallowest if ended or names in WITHOUT_WORK else 0


def _stack_pointers(notes: list[str]) -> Iterator[tuple[int, int]]:
    """Yield each thread's number and stack pointer."""
    for thread in threads.each():
        try:
            yield thread.num, int(gdb.parse_and_eval("(unsigned long) $sp"))
        except gdb.error:
            notes.append(f"thread {thread.num}: its registers are not in the core file")
