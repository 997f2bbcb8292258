# SPDX-License-Identifier: GPL-2.0-or-later
"""Which program is looked at: its file, its release, the build that its symbols are of."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import gdb

#: How QEMU's programs say their release.
RELEASE = re.compile(rb"(qemu-[a-z-]+|QEMU emulator) version ([0-9][\x20-\x7e]*)")


def file() -> str:
    """Return the path of the program's file; empty if gdb has none."""
    space = gdb.current_progspace()
    return str(space.filename or "") if space else ""


def release() -> str:
    """Return the release that the program's own file says; empty if it says none."""
    return _release(file())


@functools.lru_cache(maxsize=1)
def _release(path: str) -> str:
    try:
        match = RELEASE.search(Path(path).read_bytes())
    except OSError:
        return ""
    return b" ".join(match.groups()).decode() if match else ""


def build_id() -> str:
    """Return the build id, by which a distribution finds the symbols; empty without one."""
    found = [it for it in gdb.objfiles() if it.filename == file()]
    return str(found[0].build_id or "") if found else ""
