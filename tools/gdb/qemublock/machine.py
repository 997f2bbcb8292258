# SPDX-License-Identifier: GPL-2.0-or-later
"""Registers as sigsetjmp(3) of glibc saves them, for each architecture.

glibc xors what must not be forged with a secret of the process, the pointer guard, and
on x86-64 turns it as well (``PTR_MANGLE`` in sysdeps/unix/sysv/linux/…/sysdep.h).  The
guard is in thread-local storage.  Where a core file has none, one pair of a mangled and
a plain value gives it: the address to which sigsetjmp() in qemu_coroutine_switch()
returns is known from the program.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

import gdb

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = (1 << 64) - 1


def _ror17(value: int) -> int:
    return (value >> 17 | value << 47) & MASK


def _same(value: int) -> int:
    return value


@dataclass(frozen=True)
class Saved:
    """A jump buffer, and the stack of the coroutine that it belongs to."""

    buffer: bytes
    start: int
    end: int


@dataclass(frozen=True)
class Machine:
    """How an architecture's jump buffer is laid out."""

    #: Names of registers in the order of the buffer; empty: of no interest.
    slots: tuple[str, ...]
    pc: str
    sp: str
    mangled: frozenset[str]
    #: Undoes what is done beside the xor.
    turn: Callable[[int], int]
    #: Says where the guard is, for the selected thread; empty: not in its storage.
    guard_at: str
    tested: bool
    #: A call in this architecture's assembler.
    call: str
    #: The instruction that calls the kernel.
    system_call: bytes
    #: How a call of a known place begins, before 4 bytes of distance; empty: not looked at.
    near_call: bytes

    @property
    def size(self) -> int:
        """The size of the buffer in bytes, as far as it is read."""
        return 8 * len(self.slots)

    def registers(self, buffer: bytes, guard: int) -> dict[str, int]:
        """Return the registers in a jump buffer."""
        values = struct.unpack(f"<{len(self.slots)}Q", buffer[: self.size])
        return {
            name: self.turn(value) ^ guard if name in self.mangled else value
            for name, value in zip(self.slots, values)
            if name
        }

    def fits(self, saved: Saved, guard: int) -> bool:
        """Say whether with this guard the stack pointer is one of the coroutine's."""
        sp = self.registers(saved.buffer, guard)[self.sp]
        return saved.start <= sp < saved.end and sp % 8 == 0

    def called_before(self, pc: int) -> int:
        """Return the address that the instruction before `pc` calls; 0 if none is named."""
        size = len(self.near_call) + 4
        code = code_before(pc, size) if self.near_call else b""
        if len(code) < size or not code.startswith(self.near_call):
            return 0
        (distance,) = struct.unpack("<i", code[-4:])
        return int(pc + distance) % (1 << 64)

    def guard_of(self, buffer: bytes, pc: int) -> int:
        """Return the guard with which `buffer` holds `pc`."""
        values = struct.unpack(f"<{len(self.slots)}Q", buffer[: self.size])
        return self.turn(values[self.slots.index(self.pc)]) ^ pc


def code_before(pc: int, size: int) -> bytes:
    """Return the `size` bytes before `pc`; nothing, if they cannot be read.

    On a damaged stack `pc` is any number, and 0 after a jump through a null pointer.
    """
    if pc < size:
        return b""
    try:
        return bytes(gdb.selected_inferior().read_memory(pc - size, size))
    except gdb.error:
        return b""


X86_64 = Machine(
    slots=("rbx", "rbp", "r12", "r13", "r14", "r15", "rsp", "rip"),
    pc="rip",
    sp="rsp",
    mangled=frozenset({"rbp", "rsp", "rip"}),
    turn=_ror17,
    guard_at="(unsigned long) $fs_base + 0x30",
    tested=True,
    call="call",
    system_call=b"\x0f\x05",
    near_call=b"\xe8",
)
AARCH64 = Machine(
    slots=(*(f"x{number}" for number in range(19, 30)), "pc", "", "sp"),
    pc="pc",
    sp="sp",
    mangled=frozenset({"pc", "sp"}),
    turn=_same,
    guard_at="",
    tested=False,
    call="bl",
    system_call=b"\x01\x00\x00\xd4",
    near_call=b"",
)


def machine() -> Machine:
    """Return the architecture of what gdb has open.

    :raise gdb.GdbError: it is none of those that are known here.
    """
    name = gdb.selected_inferior().architecture().name()
    if name.startswith("i386:x86-64"):
        return X86_64
    if name.startswith("aarch64"):
        return AARCH64
    raise gdb.GdbError(f"coroutines of {name} are not known here: x86-64 and aarch64 are")


def warning() -> str:
    """Return what is to be said first of an architecture that is untested; else nothing."""
    try:
        kind = machine()
    except gdb.GdbError:
        return ""  # what needs no coroutines works there
    name = gdb.selected_inferior().architecture().name()
    return (
        "" if kind.tested else f"untested on {name}: coroutines and their frames may be wrong"
    )


def guard_in_thread(kind: Machine) -> int | None:
    """Return the pointer guard as a thread holds it, if one does."""
    if not kind.guard_at:
        return None
    try:
        address = int(gdb.parse_and_eval(kind.guard_at)) & MASK
        (guard,) = struct.unpack("<Q", bytes(gdb.selected_inferior().read_memory(address, 8)))
    except gdb.error:
        return None
    return int(guard) or None


def returns_of_sigsetjmp(kind: Machine) -> list[int]:
    """Return the addresses in qemu_coroutine_switch() to which sigsetjmp() returns."""
    try:
        text = gdb.execute("disassemble qemu_coroutine_switch", to_string=True)
    except gdb.error:
        return []
    lines = re.findall(r"^\s*(?:=>)?\s*(0x[0-9a-f]+).*?:\s*(\S+)(.*)$", text, re.MULTILINE)
    return [
        int(after, 16)
        for (_, word, rest), (after, _, _) in zip(lines, lines[1:])
        if word.startswith(kind.call) and "setjmp" in rest
    ]


def guard_by_plaintext(
    kind: Machine, buffers: Iterable[Saved], returns: Iterable[int]
) -> int | None:
    """Return the guard that makes sense of most jump buffers."""
    votes: dict[int, int] = {}
    candidates = list(buffers)
    for pc in returns:
        for saved in candidates:
            guard = kind.guard_of(saved.buffer, pc)
            if kind.fits(saved, guard):
                votes[guard] = votes.get(guard, 0) + 1
    return max(votes, key=lambda guard: votes[guard]) if votes else None
