# SPDX-License-Identifier: GPL-2.0-or-later
"""A crash report of an example whose QEMU crashed or hangs, where the build allows it.

::

    a step fails ── a core file in the folder? ──yes──► report of it
                 └─ it took too long? ──yes──► report of each QEMU that still runs

What failed is told in any case; the report, or why there is none, is a line behind it.
"""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from blockdoc.doctest.problem import StepError
from blockdoc.errors import BlockdocError
from blockdoc.inspect.crash import report_of
from blockdoc.inspect.debugger import CORE, HEAD, Target
from blockdoc.qemu import Build
from blockdoc.qemu.debugger import descendants, has_dwarf

__all__ = ["can_be_debugged", "reports_for", "tell"]

#: How long gdb may look at one process or core file, in seconds.
LIMIT: Final = 60.0
PROGRAMS: Final = ("qemu-storage-daemon", "qemu-system-x86_64", "qemu-system-aarch64")
#: As much of a program's name as the kernel keeps, and where in a core file it is.
NAME, NOTES = 15, 1 << 16


def can_be_debugged(build: Build) -> bool:
    """Say whether gdb is there, and the build has debugging information of its own."""
    if build.loader or shutil.which("gdb") is None:
        return False
    return has_dwarf(Path(build.command(PROGRAMS[0])[0]))


async def reports_for(
    error: BlockdocError, folder: Path, running: list[int], build: Build, to: Path
) -> None:
    """Make the reports, and say in `error` where they are.

    :param folder: where a QEMU that crashed has left its core file.
    :param running: processes that a QEMU descends from.
    :param to: the file; a second one gets a number.
    """
    targets = list(_crashed(folder, build))
    if not targets and _took_too_long(error):
        targets = [it for pid in running for it in _alive(pid, build)]
    for number, target in enumerate(targets, 1):
        path = to if number == 1 else to.with_stem(f"{to.stem}-{number}")
        tell(error, await asyncio.to_thread(_write, target, path))


def _write(target: Target, path: Path) -> str:
    """Make one report; return what is to be told of it."""
    try:
        page = report_of(target, LIMIT).html()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(page.encode(errors="backslashreplace"))
    except (BlockdocError, OSError) as error:
        return f"no crash report: {error}"
    here = Path.cwd()
    return f"crash report: {path.relative_to(here) if path.is_relative_to(here) else path}"


def tell(error: BlockdocError, line: str) -> None:
    """Add a line to what an error says."""
    if isinstance(error, StepError):
        error.last_words += f"\n  {line}"
    else:
        error.message += f"\n  {line}"


def _took_too_long(error: BlockdocError) -> bool:
    return isinstance(error.__context__, TimeoutError)


def _crashed(folder: Path, build: Build) -> Iterator[Target]:
    for path in sorted(folder.glob("core*")):
        with path.open("rb") as file:
            head = file.read(NOTES)
        if head[:4] != b"\x7fELF" or head[HEAD - 2] != CORE:
            continue
        for program in _programs(build):
            if b"\0" + program.name[:NAME].encode() + b"\0" in head:
                yield Target(str(program), core=str(path))
                break


def _alive(ancestor: int, build: Build) -> Iterator[Target]:
    programs = _programs(build)
    for pid in descendants(ancestor):
        try:
            program = next(it for it in programs if it.samefile(f"/proc/{pid}/exe"))
        except (OSError, StopIteration):
            continue
        yield Target(str(program), pid=pid, ours=True)


def _programs(build: Build) -> list[Path]:
    found = []
    for name in PROGRAMS:
        try:
            found.append(Path(build.command(name)[0]))
        except BlockdocError:
            continue
    return found
