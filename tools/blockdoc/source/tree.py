# SPDX-License-Identifier: GPL-2.0-or-later
"""A source tree of QEMU, and where names are in it.

Names are looked for in the block layer and its neighbours first, and in the
whole tree only if no definition was there. Only files in which a name occurs are
read closely.
"""

import os
import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from blockdoc.errors import MissingError, QemuError
from blockdoc.source.c import read_c
from blockdoc.source.declaration import Declaration
from blockdoc.source.qapi import read_qapi
from blockdoc.transcript import Release

__all__ = ["Found", "SourceTree", "definitions_first", "open_tree"]

#: The block layer and its neighbours, nearest first; "" is the files at the top.
NEAR = (
    *("", "block", "include/block", "util", "include/qemu", "qapi", "nbd", "storage-daemon"),
    *("include/system", "include/sysemu", "system", "softmmu", "hw/block", "hw/scsi"),
    *("migration", "io", "include/io", "monitor", "scsi", "include"),
)
#: The block layer itself, and what its coroutines and loops are made of.
INNER = (
    *("block/", "include/block/", "include/system/", "include/sysemu/", "util/"),
    *("include/qemu/", "qapi/", "storage-daemon/"),
)
#: Looked into last of all: what stands in for the real thing.
ELSEWHERE = ("tests", "stubs", "storage-daemon/stubs", "contrib", "scripts", "rust", "python")
#: Nothing of QEMU's own, or nothing that is C.
PRUNED = {".git", "build", "roms", "subprojects", "pc-bios", "linux-headers", "debian", "po"}
SUFFIXES = (".c", ".h", ".c.inc", ".h.inc", ".json")
_WORD = re.compile(r"[A-Za-z_]\w*(?:-\w+)*")


@dataclass(frozen=True, slots=True)
class Found:
    """A declaration, and the file that has it."""

    file: str
    declaration: Declaration


@dataclass(frozen=True, slots=True)
class SourceTree:
    """One release's sources."""

    release: str
    root: Path
    #: Every source file, relative to the root: near ones first, nearest of all first.
    near: tuple[str, ...]
    far: tuple[str, ...]

    def has_file(self, name: str) -> bool:
        """Say whether there is such a file."""
        inside = os.path.normpath(name) == name and not name.startswith(("/", ".."))
        return inside and (self.root / name).is_file()

    def find(
        self, names: Iterable[str], *, everywhere: bool = True
    ) -> dict[str, tuple[Found, ...]]:
        """Find each name: its definitions, then its declarations, nearest first.

        A name that is defined near is not looked for elsewhere.  Without `everywhere`
        only near files count, and one that the block layer itself defines is not looked
        for among its neighbours: quicker, and enough where it need not be unambiguous.
        """
        found: dict[str, list[Found]] = {name: [] for name in names}
        groups = (self.near, self.far) if everywhere else self._inner_first()
        for files in groups:
            wanted = {name for name, places in found.items() if not _defined(places)}
            for file in files if wanted else ():
                for one in self.look(file, wanted):
                    found[one.declaration.name].append(one)
        return {name: definitions_first(places) for name, places in found.items()}

    def _inner_first(self) -> tuple[list[str], list[str]]:
        """Part the near files into the block layer's own and its neighbours'."""
        inner = [file for file in self.near if "/" not in file or file.startswith(INNER)]
        return inner, [file for file in self.near if "/" in file and not file.startswith(INNER)]

    def look(self, file: str, names: AbstractSet[str]) -> Iterator[Found]:
        """Find `names` in one file."""
        schema = file.endswith(".json")
        data = (self.root / file).read_bytes()
        # Names that C has for what a schema defines do not occur in the schema.
        last = [name.rpartition(".")[2].encode() for name in names]
        if schema or any(name in data for name in last):
            text = data.decode(errors="replace")
            for declaration in read_qapi(text) if schema else read_c(text):
                if declaration.name in names:
                    yield Found(file, declaration)

    def declarations(self, file: str) -> list[Declaration]:
        """Return everything that one file declares; nothing if there is no such file."""
        if not self.has_file(file):
            return []
        text = (self.root / file).read_text(encoding="utf-8", errors="replace")
        return read_qapi(text) if file.endswith(".json") else read_c(text)

    def words(self) -> set[str]:
        """Return every word of the sources near, and their paths."""
        words = set(self.near)
        for file in self.near:
            text = (self.root / file).read_text(encoding="utf-8", errors="replace")
            words.update(_WORD.findall(text))
        return words


def _defined(places: Iterable[Found]) -> list[Found]:
    return [found for found in places if found.declaration.defines]


def definitions_first(places: Iterable[Found]) -> tuple[Found, ...]:
    """Sort places, otherwise as they come."""
    return tuple(sorted(places, key=lambda it: not it.declaration.defines))


def _nearness(file: str) -> int | None:
    """Rank a file by how near to the block layer it is; None if it is not near."""
    if file.startswith(ELSEWHERE) or "win32" in file:
        return None
    directory = file.rpartition("/")[0]
    while directory and directory not in NEAR:
        directory = directory.rpartition("/")[0]
    if not directory and "/" in file:
        return None
    return NEAR.index(directory)


def open_tree(text: str) -> SourceTree:
    """Open the tree that a command line names: `DIR` or `RELEASE=DIR`.

    :raise MissingError: it is not a source tree of QEMU.
    """
    release, given, directory = text.partition("=")
    if not given:
        release, directory = "", text
    root = Path(directory).expanduser().resolve()
    version = root / "VERSION"
    if not (version.is_file() and (root / "block.c").is_file()):
        raise MissingError(
            f"{directory}: not a source tree of QEMU (expected VERSION and block.c in it)"
        )
    release = release or version.read_text(encoding="utf-8").strip()
    try:
        Release.parse(release)
    except QemuError as error:
        raise MissingError(f"{text}: {error.message}") from None
    return _survey(release, root)


def _survey(release: str, root: Path) -> SourceTree:
    """List a tree's files, by how near they are to the block layer."""
    ranked = [(_nearness(file), file) for file in _files(root)]
    near = sorted((rank, file) for rank, file in ranked if rank is not None)
    far = [file for rank, file in ranked if rank is None]
    far.sort(key=lambda it: (it.startswith(ELSEWHERE), it))
    return SourceTree(release, root, tuple(file for _, file in near), tuple(far))


def _files(root: Path) -> Iterator[str]:
    """Yield every source file, relative to the root."""
    skip = len(f"{root}/")
    for directory, below, files in os.walk(root):
        below[:] = set(below) - PRUNED
        for file in files:
            if file.endswith(SUFFIXES):
                yield f"{directory}/{file}"[skip:]
