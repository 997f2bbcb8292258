# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's own sandbox: system calls that it will not need.

The system emulator has it where it was built with libseccomp; the storage daemon and the
tools do not.
"""

import os
import subprocess
from pathlib import Path

from blockdoc.qemu.build import Build

__all__ = ["seccomp"]

DENY = ("obsolete", "elevateprivileges", "spawn", "resourcecontrol")
OPTION = ("-sandbox", ",".join(["on", *(f"{name}=deny" for name in DENY)]))

_KNOWN: dict[tuple[Path | None, str], tuple[str, ...]] = {}


def seccomp(build: Build) -> tuple[str, ...]:
    """Return the words that turn it on, if `build` has it; asked for once.

    An emulator without it refuses the option where it stands, before ``-version``
    behind it (``qemu_init`` in system/vl.c).
    """
    key = (build.root, build.origin)
    if key not in _KNOWN:
        program = build.command(f"qemu-system-{os.uname().machine}")
        done = subprocess.run(
            [*program, *OPTION, "-version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, **build.environment},
            timeout=60,
            check=False,
        )
        _KNOWN[key] = OPTION if done.returncode == 0 else ()
    return _KNOWN[key]
