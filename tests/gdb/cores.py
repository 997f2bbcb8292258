# SPDX-License-Identifier: GPL-2.0-or-later
"""Core files to be damaged, or mended: where something is in the file, and what to write."""

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LOAD, NOTE = 1, 4
#: In NT_PRSTATUS: where the registers are; which of x86-64's fs_base is, of aarch64's the pc.
PRSTATUS, REGISTERS, FS_BASE, PC = 1, 112, 21, 32
#: NT_ARM_PAC_MASK, and which bits a signature has where user-mode emulation signs.
PAC_MASK, SIGNATURE = 0x406, 0x7F << 48


@dataclass(frozen=True)
class Segment:
    """A program header."""

    kind: int
    offset: int
    address: int
    size: int
    writable: bool
    #: Where its program header is in the file.
    header: int


class Core:
    """A copy of a core file."""

    def __init__(self, original: Path, path: Path) -> None:
        subprocess.run(["cp", "--sparse=always", original, path], check=True)
        self.path = path
        self.segments = self._segments()

    def _segments(self) -> list[Segment]:
        with self.path.open("rb") as file:
            head = file.read(64)
            (start,) = struct.unpack_from("<Q", head, 32)
            size, number = struct.unpack_from("<HH", head, 54)
            file.seek(start)
            table = file.read(size * number)
        return [_segment(table, place * size, start) for place in range(number)]

    def words(self) -> int:
        """Return how many words of writable memory there are."""
        return sum(it.size // 8 for it in self._writable())

    def address(self, word: int) -> int:
        """Return the address of a word of writable memory."""
        for it in self._writable():
            if word < it.size // 8:
                return it.address + 8 * word
            word -= it.size // 8
        raise IndexError(word)

    def _writable(self) -> list[Segment]:
        small = 1 << 20  # stacks of coroutines and reserves of malloc are larger
        return [
            it for it in self.segments if it.kind == LOAD and it.writable and it.size < small
        ]

    def write(self, address: int, value: int) -> None:
        """Overwrite the word at an address."""
        self.overwrite(address, struct.pack("<Q", value))

    def overwrite(self, address: int, data: bytes) -> None:
        """Overwrite what is from an address on."""
        it = self.at(address + len(data) - 1)
        self.patch(it.offset + address - it.address, data)

    def at(self, address: int) -> Segment:
        """Return the segment that has an address."""
        for it in self.of(LOAD):
            if it.address <= address < it.address + it.size:
                return it
        raise IndexError(hex(address))

    def has(self, address: int) -> bool:
        """Say whether it holds what is at an address."""
        return any(it.address <= address < it.address + it.size for it in self.of(LOAD))

    def patch(self, place: int, data: bytes) -> None:
        """Overwrite what is from a place in the file on."""
        with self.path.open("r+b") as file:
            file.seek(place)
            file.write(data)

    def drop(self, segment: Segment) -> None:
        """Let there be no such segment."""
        self.patch(segment.header, bytes(4))

    def cut(self, part: float) -> None:
        """Keep the first part of it."""
        with self.path.open("r+b") as file:
            file.truncate(int(self.path.stat().st_size * part))

    def set_fs_base(self, value: int) -> None:
        """Let thread-local storage be elsewhere, for all threads."""
        for place in self.threads():
            self.patch(place + REGISTERS + 8 * FS_BASE, struct.pack("<Q", value))

    def threads(self) -> list[int]:
        """Return where in the file each thread's note is, after its name."""
        with self.path.open("rb") as file:
            return [place for place, _ in self._notes(file.read(self._end_of_notes()))]

    def drop_absent(self) -> None:
        """Forget segments of which the file holds nothing, in which gdb would read zeros.

        A core that the kernel writes has the first page of each file that was mapped, by
        which gdb sees that a program is this one; one that an emulator writes has not.
        """
        for it in self.of(LOAD):
            if not it.size:
                self.drop(it)

    def set_back(self) -> None:
        """Put each thread of aarch64 before the call of the kernel that it is behind."""
        with self.path.open("r+b") as file:
            data = file.read(self._end_of_notes())
            for place, _ in self._notes(data):
                at = place + REGISTERS + 8 * PC
                (pc,) = struct.unpack_from("<Q", data, at)
                file.seek(at)
                file.write(struct.pack("<Q", pc - 4))

    def add_masks(self) -> None:
        """Say of each thread of aarch64 which bits of return addresses are signatures."""
        note = struct.pack("<III8sQQ", 6, 16, PAC_MASK, b"LINUX", SIGNATURE, SIGNATURE)
        (segment,) = self.of(NOTE)
        with self.path.open("r+b") as file:
            data = file.read(self._end_of_notes())
            notes, at = b"", segment.offset
            for _, end in self._notes(data):
                notes += data[at:end] + note
                at = end
            notes += data[at:]
            place = file.seek(0, os.SEEK_END)
            file.write(notes)
            file.seek(segment.header + 8)
            file.write(struct.pack("<Q", place))
            file.seek(segment.header + 32)
            file.write(struct.pack("<Q", len(notes)))
        self.segments = self._segments()

    def _end_of_notes(self) -> int:
        return max(it.offset + it.size for it in self.of(NOTE))

    def of(self, kind: int) -> list[Segment]:
        """Return the segments of a kind."""
        return [it for it in self.segments if it.kind == kind]

    def _notes(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Yield where what is said of each thread's registers begins and ends."""
        for segment in self.of(NOTE):
            at = segment.offset
            while at < segment.offset + segment.size:
                name, size, kind = struct.unpack_from("<III", data, at)
                place = at + 12 + -(-name // 4) * 4
                at = place + -(-size // 4) * 4
                if kind == PRSTATUS:
                    yield place, at


def _segment(table: bytes, at: int, start: int) -> Segment:
    kind, flags, offset, address, _, size = struct.unpack_from("<IIQQQQ", table, at)
    return Segment(kind, offset, address, size, bool(flags & 2), start + at)


def without_symbols(program: Path, folder: Path) -> Path:
    """Copy a program without its symbols, which are in a file beside it."""
    stripped, symbols = folder / program.name, folder / f"{program.name}.debug"
    shutil.copy(program, stripped)
    subprocess.run(["objcopy", "--only-keep-debug", program, symbols], check=True)
    subprocess.run(["strip", stripped], check=True)
    subprocess.run(["objcopy", f"--add-gnu-debuglink={symbols}", stripped], check=True)
    return stripped
