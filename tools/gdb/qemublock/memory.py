# SPDX-License-Identifier: GPL-2.0-or-later
"""What memory there is, and how to look for something in it."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gdb

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: ``[12]  0x7f00->0x7f10 at 0x0123: load12 ALLOC LOAD READONLY HAS_CONTENTS``
SECTION = re.compile(r"(0x[0-9a-f]+)->(0x[0-9a-f]+) at 0x[0-9a-f]+: load\S* (.*)")
#: ``0x7f00  0x7f10  0x10  0x0  rw-p  [heap]``
MAPPING = re.compile(
    r"\s*(0x[0-9a-f]+)\s+(0x[0-9a-f]+)\s+0x[0-9a-f]+\s+0x[0-9a-f]+\s+(\S+)(.*)"
)
#: Mappings that are no memory.
DEVICES = ("/dev/", "[vv", "anon_inode")
#: What is read at once while searching, in bytes.
STRETCH = 64 << 20
#: The smallest page there is, in bytes.
PAGE = 4096
#: How much of a string is read at once, and at all.
CHUNK, LONGEST = 64, 4096


@dataclass(frozen=True)
class Region:
    """A stretch of memory that the process may write to: `start` up to `end`."""

    start: int
    end: int

    def __contains__(self, address: object) -> bool:
        return isinstance(address, int) and self.start <= address < self.end

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return self.end - self.start


class Lookup:
    """Says whether an address is in one of some regions, in the time of a bisection."""

    def __init__(self, regions: list[Region]) -> None:
        self._regions = sorted(regions, key=lambda region: region.start)
        self._starts = [region.start for region in self._regions]

    def __contains__(self, address: int) -> bool:
        place = bisect.bisect_right(self._starts, address) - 1
        return place >= 0 and address in self._regions[place]


def regions() -> list[Region]:
    """Return what is writable and can be read, in order of address.

    Of a core file that is what it holds; of a process, what it has mapped.
    """
    found = _sections() if _is_core() else _mappings()
    return sorted(found, key=lambda region: region.start)


def without(regions: Iterable[Region], holes: Iterable[Region]) -> list[Region]:
    """Return `regions` less `holes`, in order of address."""
    left = sorted(regions, key=lambda region: region.start)
    for hole in holes:
        parts = (
            part
            for it in left
            for part in (
                Region(it.start, min(it.end, hole.start)),
                Region(max(it.start, hole.end), it.end),
            )
            if hole.start < it.end and it.start < hole.end and part.size > 0
        )
        apart = (it for it in left if hole.start >= it.end or it.start >= hole.end)
        left = sorted([*parts, *apart], key=lambda region: region.start)
    return left


def read(address: int, size: int) -> bytes:
    """Return `size` bytes; an address that is damaged may be any number, and wraps around.

    :raise gdb.MemoryError: they cannot be read.
    """
    return bytes(gdb.selected_inferior().read_memory(address % (1 << 64), size))


def word(address: int) -> int:
    """Return the pointer or other 64-bit number at `address`.

    :raise gdb.MemoryError: it cannot be read.
    """
    return int.from_bytes(read(address, 8), "little")


def string(address: int) -> str:
    """Return the string at `address`; what is longer than LONGEST is cut off.

    :raise gdb.MemoryError: it cannot be read.
    """
    found = b""
    while b"\0" not in found and len(found) < LONGEST:
        here = address + len(found)
        found += read(here, CHUNK - here % CHUNK)  # not into the next page, which may lack
    return found.partition(b"\0")[0].decode(errors="replace")


def search(where: Iterable[Region], pattern: bytes) -> Iterator[int]:
    """Yield the addresses at which `pattern` is, in steps of its own length."""
    for region in where:
        for start, data in stretches(region):
            at = data.find(pattern)
            while at >= 0:
                if at % len(pattern) == 0:
                    yield start + at
                at = data.find(pattern, at + 1)


def stretches(region: Region) -> Iterator[tuple[int, bytes]]:
    """Yield what can be read of a region: all, or what a core that was cut short holds."""
    for start in range(region.start, region.end, STRETCH):
        size = min(STRETCH, region.end - start)
        try:
            yield start, read(start, size)
        except gdb.MemoryError:
            if data := _beginning(start, size):
                yield start, data


def _beginning(start: int, size: int) -> bytes:
    """Return what can be read from `start` on, by bisection to a page."""
    good, bad = 0, size
    while bad - good > PAGE:
        middle = (good + bad) // 2 // PAGE * PAGE
        if middle <= good:
            break
        if _readable(start + middle - 1):
            good = middle
        else:
            bad = middle
    try:
        return read(start, good) if good else b""
    except gdb.MemoryError:
        return b""


def lacking(where: Iterable[Region]) -> int:
    """Return the size of the regions that are said to be there and are not, or not whole."""
    return sum(region.size for region in where if not _readable(region.end - 1))


def _readable(address: int) -> bool:
    try:
        read(address, 1)
    except gdb.MemoryError:
        return False
    return True


def page_size() -> int:
    """Return the size of a page in bytes, as the kernel told the process."""
    try:
        text = gdb.execute("info auxv", to_string=True)
    except gdb.error:
        return PAGE
    match = re.search(r"AT_PAGESZ.*?(\d+)\s*$", text, re.MULTILINE)
    return int(match[1]) if match else PAGE


def _is_core() -> bool:
    connection = getattr(gdb.selected_inferior(), "connection", None)
    if connection is not None:
        return str(connection.type) == "core"
    return "core file" in gdb.execute("info target", to_string=True)


def _sections() -> Iterator[Region]:
    for start, end, flags in SECTION.findall(
        gdb.execute("maint info sections HAS_CONTENTS", to_string=True)  # each line costs
    ):
        if "READONLY" not in flags:
            yield Region(int(start, 16), int(end, 16))


def _mappings() -> Iterator[Region]:
    for line in gdb.execute("info proc mappings", to_string=True).splitlines():
        if match := MAPPING.match(line):
            start, end, rights, name = match.groups()
            if rights.startswith("rw") and not name.strip().startswith(DEVICES):
                yield Region(int(start, 16), int(end, 16))
