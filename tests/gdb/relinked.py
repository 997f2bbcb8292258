# SPDX-License-Identifier: GPL-2.0-or-later
"""A storage daemon with coroutines made with sigaltstack(2), from the build of another."""

import shlex
import subprocess
from pathlib import Path

#: The object that --with-coroutine chooses, and the source that it is compiled from.
OBJECT = "libqemuutil.a.p/util_coroutine-ucontext.c.o"
THEIRS, OURS = "coroutine-ucontext.c", "coroutine-sigaltstack.c"


def relinked(program: Path, folder: Path) -> Path:
    """Compile the other source as the build does, and link it before the library."""
    build = program.parents[1]
    name = str(program.relative_to(build))
    other, made = folder / "other.o", folder / program.name
    compiling = _command(build, OBJECT).replace(OBJECT, str(other)).replace(THEIRS, OURS)
    linking = _command(build, name).replace(f"-o {name} ", f"-o {made} {other} ")
    for command in (compiling, linking):
        subprocess.run(shlex.split(command), cwd=build, check=True, timeout=120)
    return made


def _command(build: Path, target: str) -> str:
    """Return the command that makes a file."""
    words = ["ninja", "-t", "commands", "-s", target]
    return subprocess.check_output(words, cwd=build, text=True, timeout=30)
