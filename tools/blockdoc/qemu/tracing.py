# SPDX-License-Identifier: GPL-2.0-or-later
"""Trace events of a QEMU, one line each, in a file of the example's folder.

They are written by QEMU's *log* backend (scripts/tracetool/backend/log.py, util/log.c),
which distributions build in: the name of the event, then its arguments.  The file is
flushed behind each line, so what was traced before a reply was sent is there when the
reply is.
"""

import os
import stat
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from blockdoc.errors import QemuError
from blockdoc.example import Machine

__all__ = ["TraceFile", "trace_options"]

#: No step shows more, in bytes.
MOST = 1 << 20


def trace_options(machine: Machine) -> list[str]:
    """Return the words of the command line that switch the machine's events on."""
    if not machine.trace:
        return []
    option = "--trace" if machine.kind == "storage-daemon" else "-trace"
    events = [word for name in machine.trace for word in (option, f"enable={name}")]
    return [*events, option, f"file={_name(machine)}"]


def _name(machine: Machine) -> str:
    return f".trace-{machine.name}"


class TraceFile:
    """What one machine has traced, read from where the last reader stopped."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self._events = machine.trace
        self._path = folder / _name(machine)
        self._position = 0

    def more(self) -> Sequence[str]:
        """Return the lines that have come since the last call, without other messages.

        :raise QemuError: there are more than a step can show.
        """
        data = self._read()
        if len(data) > MOST:
            raise QemuError(f"more than {MOST >> 20} MiB were traced; trace fewer events")
        whole = data[: data.rfind(b"\n") + 1]
        self._position += len(whole)
        return [line for line in whole.decode(errors="replace").splitlines() if self._is(line)]

    def _read(self) -> bytes:
        """Read on; what the example may have put in the place of the file is not followed."""
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:  # QEMU has not opened it yet
            return b""
        except OSError as error:
            raise QemuError(f"{self._path.name} cannot be read: {error.strerror}") from error
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise QemuError(f"{self._path.name} is no longer a file")
            return os.pread(handle, MOST + 1, self._position)
        finally:
            os.close(handle)

    def _is(self, line: str) -> bool:
        name = line.partition(" ")[0]
        return any(fnmatchcase(name, pattern) for pattern in self._events)
