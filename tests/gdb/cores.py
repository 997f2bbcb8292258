# SPDX-License-Identifier: GPL-2.0-or-later
"""Core files to be damaged: where an address is in the file, and what to write there."""

import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NULL, LOAD, NOTE = 0, 1, 4
#: In x86-64's NT_PRSTATUS: where the registers are, and which of them fs_base is.
PRSTATUS, REGISTERS, FS_BASE = 1, 112, 21


@dataclass(frozen=True)
class Segment:
    """A program header."""

    #: Where it is in the file.
    header: int
    kind: int
    offset: int
    address: int
    size: int
    writable: bool


class Core:
    """A copy of a core file."""

    def __init__(self, original: Path, path: Path) -> None:
        subprocess.run(["cp", "--sparse=always", original, path], check=True)
        self.path = path
        with path.open("rb") as file:
            head = file.read(64)
            (start,) = struct.unpack_from("<Q", head, 32)
            size, number = struct.unpack_from("<HH", head, 54)
            file.seek(start)
            table = file.read(size * number)
        self.segments = [
            _segment(table, place * size, start + place * size) for place in range(number)
        ]

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
        for it in self.segments:
            if it.kind == LOAD and it.address <= address <= it.address + it.size - 8:
                with self.path.open("r+b") as file:
                    file.seek(it.offset + address - it.address)
                    file.write(struct.pack("<Q", value))
                return
        raise IndexError(hex(address))

    def cut(self, part: float) -> None:
        """Keep the first part of it."""
        with self.path.open("r+b") as file:
            file.truncate(int(self.path.stat().st_size * part))

    def set_fs_base(self, value: int) -> None:
        """Let thread-local storage be elsewhere, for all threads."""
        with self.path.open("r+b") as file:
            for place in self._notes(
                file.read(max(it.offset + it.size for it in self._of(NOTE)))
            ):
                file.seek(place + REGISTERS + 8 * FS_BASE)
                file.write(struct.pack("<Q", value))

    def drop_absent(self) -> None:
        """Forget segments of which the file holds nothing, in which gdb would read zeros.

        A core that the kernel writes has the first page of each file that was mapped, by
        which gdb sees that a program is this one; one that an emulator writes has not.
        """
        with self.path.open("r+b") as file:
            for it in self._of(LOAD):
                if not it.size:
                    file.seek(it.header)
                    file.write(struct.pack("<I", NULL))

    def _of(self, kind: int) -> list[Segment]:
        return [it for it in self.segments if it.kind == kind]

    def _notes(self, data: bytes) -> Iterator[int]:
        """Yield where the registers of each thread are."""
        for segment in self._of(NOTE):
            at = segment.offset
            while at < segment.offset + segment.size:
                name, size, kind = struct.unpack_from("<III", data, at)
                at += 12 + -(-name // 4) * 4
                if kind == PRSTATUS:
                    yield at
                at += -(-size // 4) * 4


def _segment(table: bytes, at: int, header: int) -> Segment:
    kind, flags, offset, address, _, size = struct.unpack_from("<IIQQQQ", table, at)
    return Segment(header, kind, offset, address, size, bool(flags & 2))


def without_symbols(program: Path, folder: Path) -> Path:
    """Copy a program without its symbols, which are in a file beside it."""
    stripped, symbols = folder / program.name, folder / f"{program.name}.debug"
    shutil.copy(program, stripped)
    subprocess.run(["objcopy", "--only-keep-debug", program, symbols], check=True)
    subprocess.run(["strip", stripped], check=True)
    subprocess.run(["objcopy", f"--add-gnu-debuglink={symbols}", stripped], check=True)
    return stripped
