# SPDX-License-Identifier: GPL-2.0-or-later
"""Registers as sigsetjmp(3) of glibc saves them, for each architecture.

glibc xors what must not be forged with a secret of the process, the pointer guard, and
on x86-64 turns it as well (``PTR_MANGLE`` in sysdeps/…/pointer_guard.h).  The guard is in
thread-local storage on x86-64, and a variable of the loader's on aarch64.  Where a core
file has none, one pair of a mangled and a plain value gives it: the address to which
sigsetjmp() in qemu_coroutine_switch() returns is known from the program.
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
#: How calls of a known place begin: the first byte, or the first 6 bits.
CALL, BL = 0xE8, 0b100101


def _ror17(value: int) -> int:
    return (value >> 17 | value << 47) & MASK


def _same(value: int) -> int:
    return value


def _jump_of_call(code: bytes) -> int | None:
    return int(struct.unpack("<i", code[1:])[0]) if code[0] == CALL else None


def _jump_of_bl(code: bytes) -> int | None:
    (word,) = struct.unpack("<I", code)
    if word >> 26 != BL:
        return None
    words = word & (1 << 26) - 1
    return int(4 * (words - (words >> 25 << 26))) - len(code)


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
    #: Says where the guard is, for the selected thread.
    guard_at: str
    #: A call in this architecture's assembler.
    call: str
    #: The instruction that calls the kernel.
    system_call: bytes
    #: The size of the instruction that calls a known place, in bytes.
    near_call: int
    #: Says how far it jumps, from its end; nothing if this is another instruction.
    jump: Callable[[bytes], int | None]
    #: Registers that say which bits of a return address are its signature: gdb asks each
    #: frame for them, and takes what is not given for not saved.
    masks: tuple[str, ...] = ()

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
        code = code_before(pc, self.near_call)
        distance = self.jump(code) if code else None
        return 0 if distance is None else (pc + distance) & MASK

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
    call="call",
    system_call=b"\x0f\x05",
    near_call=5,
    jump=_jump_of_call,
)
AARCH64 = Machine(
    slots=(*(f"x{number}" for number in range(19, 30)), "pc", "", "sp"),
    pc="pc",
    sp="sp",
    mangled=frozenset({"pc", "sp"}),
    turn=_same,
    guard_at="(unsigned long) &__pointer_chk_guard",
    call="bl",
    system_call=b"\x01\x00\x00\xd4",
    near_call=4,
    jump=_jump_of_bl,
    masks=("pauth_dmask", "pauth_cmask", "pauth_dmask_high", "pauth_cmask_high"),
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


def guard_in_memory(kind: Machine) -> int | None:
    """Return the pointer guard as glibc holds it, if that can be read."""
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
