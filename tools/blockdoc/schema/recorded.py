# SPDX-License-Identifier: GPL-2.0-or-later
"""The schemas of the supported releases, which are committed: docs/_data/schema/.

::

    11.1.txt ──read_releases──► Recorded ──schema("storage-daemon")──► Schema

So a transcript can be held against every release on a machine that has none of them.
`blockdoc.schema.compact` has the form of the files; ``blockdoc schema --write`` makes
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from blockdoc.errors import AuthorError, MissingError, Place, QemuError
from blockdoc.schema.compact import order, read_part, write_part
from blockdoc.schema.model import Schema
from blockdoc.schema.parts import Command, Event
from blockdoc.transcript import Release

if TYPE_CHECKING:
    from pathlib import Path

    from blockdoc.example.model import MachineKind
    from blockdoc.schema.introspection import Part
    from blockdoc.transcript import OfferKind

__all__ = ["FOLDER", "Recorded", "Released", "read_releases", "write_release"]

#: Where the files are, from the root of the repository.
FOLDER = "docs/_data/schema"
_HEAD = "qemu "


@dataclass(frozen=True)
class Recorded:
    """What a release offers; as a target of conditions, what its system emulator does."""

    version: str
    system: Schema
    #: The names of the commands and events that the storage daemon has.
    daemon: frozenset[str]

    @classmethod
    def of(cls, version: str, system: Schema, daemon: Schema) -> Recorded:
        """Join the schemas of one release's programs."""
        return cls(version, system, frozenset({*daemon.commands, *daemon.events}))

    @cached_property
    def release(self) -> Release:
        """The release."""
        return Release.parse(self.version)

    def has(self, kind: OfferKind, name: str) -> bool:
        """Say whether it offers a command, an event or a driver."""
        return self.system.has(kind, name)

    def schema(self, kind: MachineKind) -> Schema:
        """Return what a machine of this kind offers."""
        return self._storage_daemon if kind == "storage-daemon" else self.system

    @cached_property
    def _storage_daemon(self) -> Schema:
        return Schema(
            {name: it for name, it in self.system.commands.items() if name in self.daemon},
            {name: it for name, it in self.system.events.items() if name in self.daemon},
            self.system.types,
        )

    def text(self) -> str:
        """Write the file."""
        parts = sorted(self.system.parts(), key=order)
        lines = (write_part(part, daemon=self._in_daemon(part)) for part in parts)
        return "".join(f"{line}\n" for line in (f"{_HEAD}{self.version}", *lines))

    def _in_daemon(self, part: Part) -> bool:
        return isinstance(part, Command | Event) and part.name in self.daemon

    @classmethod
    def parse(cls, text: str, path: str) -> Recorded:
        """Read the file.

        :raise AuthorError: it is none; with its line.
        """
        head, *lines = text.splitlines()
        if not head.startswith(_HEAD):
            raise AuthorError(f"expected `{_HEAD}` and a version", Place(path, 1))
        parts, daemon = [], set()
        for number, line in enumerate(lines, 2):
            try:
                part, in_daemon = read_part(line)
            except QemuError as error:
                raise AuthorError(error.message, Place(path, number)) from error
            parts.append(part)
            daemon |= {part.name} if in_daemon else set()
        try:
            schema = Schema.of(parts)
        except QemuError as error:
            raise AuthorError(error.message, Place(path, 1)) from error
        return cls(head.removeprefix(_HEAD).strip(), schema, frozenset(daemon))


@dataclass(frozen=True, slots=True)
class Released:
    """A release as a target of conditions, whose schema is read only if one asks for it."""

    root: Path
    release: Release

    def has(self, kind: OfferKind, name: str) -> bool:
        """Say whether it offers a command, an event or a driver.

        :raise MissingError: nothing is recorded of it.
        """
        series = self.release.series
        found = (it for it in _releases(self.root) if it.release.series == series)
        recorded = next(found, None)
        if recorded is None:
            message = f"nothing is recorded of QEMU {series}; `blockdoc schema --write` does it"
            raise MissingError(message)
        return recorded.has(kind, name)


def read_releases(root: Path) -> tuple[Recorded, ...]:
    """Read the schemas in the repository at `root`, oldest release first.

    :raise MissingError: there is none.
    :raise AuthorError: one of them is broken.
    """
    files = sorted((root / FOLDER).glob("*.txt"))
    if not files:
        raise MissingError(f"no schema in {FOLDER}; `blockdoc schema --write` makes them")
    found = (
        Recorded.parse(file.read_text(encoding="utf-8"), file.relative_to(root).as_posix())
        for file in files
    )
    return tuple(sorted(found, key=lambda it: it.release))


@cache
def _releases(root: Path) -> tuple[Recorded, ...]:
    """Read them once in a process."""
    return read_releases(root)


def write_release(root: Path, recorded: Recorded) -> Path:
    """Write the file of a release, whole or not at all; return its path."""
    path = root / FOLDER / f"{recorded.release.series}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".new")
    unfinished.write_text(recorded.text(), encoding="utf-8")
    unfinished.replace(path)
    return path
