# SPDX-License-Identifier: GPL-2.0-or-later
"""Find a QEMU: what ``QEMU_BUILD`` names, else what is on PATH.

``QEMU_BUILD`` is a release that ``blockdoc qemu install`` has brought (``10.0``), or a
folder; a folder of such a name is written ``./10.0``.

A *build* is the set of QEMU programs that belong together.  Three layouts are known:

=====================  ==========================================================
a QEMU build tree      ``DIR/qemu-img``, ``DIR/storage-daemon/qemu-storage-daemon``
an installed tree      ``DIR/usr/bin/…`` or ``DIR/bin/…``; run by its own loader if it
                       has one, so that it works on an older host
PATH                   what the shell would run
=====================  ==========================================================
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from blockdoc.errors import MissingError, QemuError
from blockdoc.qemu.releases import is_series, release_tree
from blockdoc.qemu.schema import schema_of
from blockdoc.transcript import OfferKind, Release

__all__ = ["Build", "find_build"]

#: Where a build tree keeps a program, if not at its top.
SUBFOLDERS = {"qemu-storage-daemon": "storage-daemon"}
#: What tells of a QEMU on PATH.
PROGRAMS = ("qemu-storage-daemon", "qemu-img", "qemu-io", f"qemu-system-{os.uname().machine}")
VERSION = re.compile(r"version (\d+\.\d+\.\d+\S*)(?: \((.*)\))?")
HOW_TO_GET = (
    "install QEMU's system emulator and tools (`make site` does, or says which packages), "
    "or set QEMU_BUILD to a QEMU build tree or an installed release"
)


@dataclass(frozen=True, slots=True)
class Build:
    """QEMU programs that belong together, and the release that they are."""

    #: What the programs call themselves, such as ``7.2.22``.
    version: str
    release: Release
    #: Where it was found, in words for a user: ``PATH``, or ``QEMU_BUILD=…``.
    origin: str
    #: Folder that QEMU_BUILD names, or None for PATH.
    root: Path | None = None
    #: Words to put before a program of an installed tree: its own loader.
    loader: tuple[str, ...] = ()
    #: Words to put behind a system emulator of an installed tree: its firmware.
    firmware: tuple[str, ...] = ()
    #: Variables to add to the environment.
    environment: Mapping[str, str] = field(default_factory=dict)

    def command(self, program: str) -> tuple[str, ...]:
        """Return the words that start `program`.

        :raise MissingError: this build does not have it.
        """
        path = _program(self.root, program)
        if path is None:
            raise MissingError(f"no {program} in {self.origin}; {HOW_TO_GET}")
        extra = self.firmware if program.startswith("qemu-system-") else ()
        if self.loader:
            return (self.loader[0], "--argv0", program, *self.loader[1:], str(path), *extra)
        return (str(path), *extra)

    def readable(self) -> Iterator[Path]:
        """Yield the folders outside ``/usr`` that its programs read."""
        if self.root is not None:
            yield self.root
            yield from _linked(self.root)
            return
        for program in PROGRAMS:
            found = shutil.which(program)
            if found and not Path(found).resolve().is_relative_to("/usr"):
                yield Path(found).parent.parent
                yield Path(found).resolve().parent.parent

    def has(self, kind: OfferKind, name: str) -> bool:
        """Say whether it offers a command, an event or a driver over QMP.

        The system emulator's word counts; the storage daemon's where there is no emulator.

        :raise QemuError: it does not say.
        """
        try:
            schema = schema_of(self, "system")
        except MissingError:
            schema = schema_of(self, "storage-daemon")
        return schema.has(kind, name)


def find_build(environment: Mapping[str, str] = os.environ) -> Build:
    """Return the QEMU that examples run against.

    :raise MissingError: there is none.
    :raise QemuError: it does not say what version it is.
    """
    name = environment.get("QEMU_BUILD", "")
    if not name:
        return _with_version(Build("", Release.parse("0.0"), "PATH"))
    root = _root(name)
    loader, library = _loader(root)
    share = root / "usr" / "share"
    firmware = (share / "qemu", share / "seabios") if loader else ()
    return _with_version(
        Build(
            version="",
            release=Release.parse("0.0"),
            origin=f"QEMU_BUILD={name}",
            root=root,
            loader=loader,
            firmware=tuple(word for path in firmware for word in ("-L", str(path))),
            environment={"QEMU_MODULE_DIR": str(library / "qemu")} if library else {},
        )
    )


def _root(name: str) -> Path:
    """Return the folder that QEMU_BUILD names."""
    if is_series(name):
        root, what = release_tree(name), f"not installed; `blockdoc qemu install {name}`"
    else:
        root, what = Path(name).expanduser().absolute(), "no such folder; give a build tree"
    if not root.is_dir():
        raise MissingError(f"QEMU_BUILD={name}: {what}")
    return root


def _with_version(build: Build) -> Build:
    """Ask the build what it is."""
    command = [*build.command("qemu-storage-daemon"), "--version"]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env={**os.environ, **build.environment},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise QemuError(f"{build.origin}: qemu-storage-daemon does not run: {error}") from error
    found = VERSION.search(done.stdout)
    if found is None:
        words = (done.stderr or done.stdout).strip().splitlines()
        why = words[-1] if words else f"exit status {done.returncode}"
        raise QemuError(f"{build.origin}: qemu-storage-daemon does not tell its version: {why}")
    return Build(
        found[1],
        Release.parse(found[1]),
        build.origin,
        build.root,
        build.loader,
        build.firmware,
        build.environment,
    )


def _program(root: Path | None, program: str) -> Path | None:
    if root is None:
        found = shutil.which(program)
        return Path(found) if found else None
    folders = (SUBFOLDERS.get(program, "."), ".", "usr/bin", "bin")
    candidates = (root / folder / program for folder in folders)
    return next(
        (path for path in candidates if os.access(path, os.X_OK) and path.is_file()), None
    )


def _loader(root: Path) -> tuple[tuple[str, ...], Path | None]:
    """Return the words that run a program with the tree's own C library, and that folder."""
    for loader in sorted(root.glob("usr/lib/*-linux-gnu*/ld-linux-*.so.*")):
        return (str(loader), "--library-path", str(loader.parent)), loader.parent
    return (), None


def _linked(root: Path) -> set[Path]:
    """Return the folders outside a build tree that its links lead to: firmware's source."""
    links = (path for path in (root / "qemu-bundle").rglob("*") if path.is_symlink())
    targets = {path.resolve() for path in [*links, *(root / "pc-bios").glob("*")]}
    folders = {path if path.is_dir() else path.parent for path in targets}
    return {path for path in folders if not path.is_relative_to(root.resolve())}
