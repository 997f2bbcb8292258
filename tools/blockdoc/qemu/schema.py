# SPDX-License-Identifier: GPL-2.0-or-later
"""Ask a QEMU program for its schema, and remember the answer.

::

    program ──(memory │ cache folder │ a fresh process: query-qmp-schema)──► Schema

The cache's key is the program: its path, size and time of change, and the loader that
runs it.  A script is asked every time, for nobody knows what it starts.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from blockdoc.cachedir import cache_folder
from blockdoc.errors import BlockdocError, QemuError
from blockdoc.qemu.process import die_with_parent
from blockdoc.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import IO

    from blockdoc.example.model import MachineKind
    from blockdoc.qemu.build import Build

__all__ = ["query_schema", "remembered", "schema_of"]

#: How long it may take, in seconds; 20 ms are usual.
LIMIT = 60.0
#: How much of what it prints is read, in bytes; a schema takes 250,000.
LARGEST = 50_000_000
COMMANDS = b"".join(
    b'{"execute": "%s"}\n' % name
    for name in (b"qmp_capabilities", b"query-qmp-schema", b"quit")
)
_DAEMON = ("--chardev", "stdio,id=qmp", "--monitor", "chardev=qmp")
_SYSTEM = (
    *("-machine", "none", "-nodefaults", "-no-user-config", "-display", "none"),
    *("-qmp", "stdio"),
)


def schema_of(build: Build, kind: MachineKind) -> Schema:
    """Return what a machine of this kind offers over QMP; it is asked once.

    :raise MissingError: the build has no such program.
    :raise QemuError: it does not answer.
    """
    daemon = kind == "storage-daemon"
    program = "qemu-storage-daemon" if daemon else f"qemu-system-{os.uname().machine}"
    command = (*build.command(program), *(_DAEMON if daemon else _SYSTEM))
    return remembered(command, tuple(sorted(build.environment.items())))


@cache
def remembered(command: tuple[str, ...], environment: tuple[tuple[str, str], ...]) -> Schema:
    """Return the schema of the QEMU that a command starts: from memory, disk, or itself."""
    key = _key(command)
    if key is None:
        return Schema.from_introspection(query_schema(command, dict(environment)))
    with contextlib.suppress(OSError, ValueError, BlockdocError):
        return Schema.from_introspection(json.loads(_path(key).read_bytes()))
    entries = query_schema(command, dict(environment))
    schema = Schema.from_introspection(entries)
    with contextlib.suppress(OSError, BlockdocError):  # nowhere to keep it: asked again
        _write(_path(key), json.dumps(entries))
    return schema


def query_schema(command: Sequence[str], environment: dict[str, str]) -> list[object]:
    """Run a QEMU whose monitor is its standard input and output, and ask it.

    :raise QemuError: it does not answer.
    """
    # A file never makes QEMU wait: what does not fit a pipe is lost when it quits.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as log:
        try:
            done = subprocess.run(
                command,
                input=COMMANDS,
                stdout=output,
                stderr=log,
                timeout=LIMIT,
                check=False,
                env={**os.environ, **environment},
                preexec_fn=die_with_parent,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise QemuError(f"{command[0]} does not tell its schema: {error}") from error
        entries = _answer(_read(output).splitlines())
        if entries is None:
            words = _read(log).decode(errors="replace").strip().splitlines()
            why = words[-1] if words else f"exit status {done.returncode}"
            raise QemuError(f"{command[0]} does not tell its schema: {why}")
        return entries


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(LARGEST)


def _answer(lines: Iterable[bytes]) -> list[object] | None:
    """Find the one reply that is a list."""
    for line in lines:
        with contextlib.suppress(ValueError):
            message = json.loads(line)
            if isinstance(message, dict) and isinstance(message.get("return"), list):
                return list(message["return"])
    return None


def _key(command: Sequence[str]) -> str | None:
    """Name the programs of a command as they are now; None if one of them is a script."""
    digest = hashlib.sha256("\0".join(command).encode())
    for word in command:
        path = Path(word)
        if path.is_absolute() and path.is_file():
            with path.open("rb") as file:
                if file.read(2) == b"#!":
                    return None
            state = path.stat()
            digest.update(f"\0{path.resolve()} {state.st_size} {state.st_mtime_ns}".encode())
    return digest.hexdigest()


def _path(key: str) -> Path:
    return cache_folder("schema") / f"{key}.json"


def _write(path: Path, text: str) -> None:
    """Replace a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        unfinished = Path(folder, path.name)
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
