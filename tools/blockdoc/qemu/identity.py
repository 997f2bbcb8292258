# SPDX-License-Identifier: GPL-2.0-or-later
"""Which QEMU exactly: all that a program's behaviour may come from, in one digest.

::

    program      its content
    libraries    path, size, inode, times      those that its loader takes
    modules      path, size, inode, times      block drivers, devices
    firmware     path, size, inode, times
    kernel       its release

A file that is replaced by one of the same content makes another digest: that costs a
run, and the opposite would cost the truth.
"""

import contextlib
import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypedDict

from blockdoc.cachedir import cache_folder
from blockdoc.qemu.build import Build

__all__ = ["identity", "surroundings"]

#: Where distributions keep modules and firmware, unless the build says otherwise.
MODULES = ("/usr/lib/*/qemu", "/usr/lib/qemu", "/usr/lib64/qemu")
FIRMWARE = ("/usr/share/qemu", "/usr/share/seabios")
LINKER = Path("/etc/ld.so.cache")
ELF = b"\x7fELF"
LIBRARY = re.compile(r"(?:=>\s+)?(/\S+) \(0x")

Stat = list[int | str]


class Known(TypedDict):
    """What was found out about a program, and of which file."""

    stats: list[Stat]
    sha256: str
    libraries: list[str]


def identity(build: Build, command: Sequence[str]) -> str | None:
    """Return a digest of a program, `command` being the words that start it, and what it loads.

    None if it cannot be told, because it is a script that may start anything.
    """
    known = _known(command, build)
    if known is None:
        return None
    return _digest([list(command), known["sha256"], *map(_stat, map(Path, known["libraries"]))])


def surroundings(build: Build) -> str:
    """Return a digest of what all programs of `build` run with: kernel, modules, firmware."""
    system = [build.version, os.uname().release, os.uname().machine]
    return _digest([*system, *map(_stat, sorted(_surroundings(build)))])


def _digest(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _surroundings(build: Build) -> Iterator[Path]:
    """Yield modules and firmware."""
    own = build.environment.get("QEMU_MODULE_DIR")
    if own:
        folders = [Path(own)]
    elif build.root is not None:
        folders = [build.root]
    else:
        folders = [found for it in MODULES for found in Path("/").glob(it.removeprefix("/"))]
    for folder in folders:
        yield from folder.glob("*.so")
    for name in build.firmware[1::2] or FIRMWARE:
        yield from (it for it in Path(name).glob("*") if it.is_file())


def _stat(path: Path) -> Stat:
    try:
        it = path.stat()
    except OSError:
        return [str(path)]
    return [str(path), it.st_size, it.st_ino, it.st_dev, it.st_mtime_ns, it.st_ctime_ns]


def _known(command: Sequence[str], build: Build) -> Known | None:
    """Look a program up among those that are known, or look at it."""
    path = _program(command, build)
    stats = [_stat(path), _stat(LINKER)]
    note = (
        cache_folder("programs")
        / hashlib.sha256(json.dumps(list(command)).encode()).hexdigest()
    )
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known: Known = json.loads(note.read_text())
        if known["stats"] == stats and known["sha256"]:
            return known
    return _look(command, path, build, note)


def _program(command: Sequence[str], build: Build) -> Path:
    """Return the program itself: behind its loader, if it has one before it."""
    if not build.loader or command[0] != build.loader[0]:
        return Path(command[0])
    return Path(command[command.index("--library-path") + 2])


def _look(command: Sequence[str], path: Path, build: Build, note: Path) -> Known | None:
    try:
        content = path.read_bytes()
        if not content.startswith(ELF):
            return None
        done = subprocess.run(
            command,
            env={**os.environ, **build.environment, "LD_TRACE_LOADED_OBJECTS": "1"},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    libraries = sorted(set(LIBRARY.findall(done.stdout)))
    if done.returncode or not libraries:
        return None
    known = Known(
        stats=[_stat(path), _stat(LINKER)],
        sha256=hashlib.sha256(content).hexdigest(),
        libraries=libraries,
    )
    _write(note, json.dumps(known))
    return known


def _write(path: Path, text: str) -> None:
    """Write a note, whole or not at all; to go without one only costs time."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(f".{os.getpid()}")
        new.write_text(text)
        new.replace(path)
