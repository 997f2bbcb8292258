# SPDX-License-Identifier: GPL-2.0-or-later
"""How much an example uses, as ``/proc`` and its folder tell.

=======  =============================================================================
tasks    its processes and their threads
memory   what they have mapped and use; and open files without a name that are not in
         the folder's file system: ``memfd_create``
disk     what the files in its folder take; and open files that have been removed there
=======  =============================================================================

A file that is both mapped and without a name counts twice.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from blockdoc.qemu.walls import children

__all__ = ["Usage", "processes", "usage"]

PAGE = os.sysconf("SC_PAGE_SIZE")
#: What st_blocks counts, in bytes.
BLOCK = 512
#: How the kernel ends the name of a file that has none (proc(5), ``/proc/pid/fd``).
NAMELESS = " (deleted)"


@dataclass(frozen=True, slots=True)
class Usage:
    """What is in use at one moment, in bytes."""

    tasks: int
    memory: int
    disk: int


def usage(found: list[Path], folder: Path) -> Usage:
    """Return what processes, as `processes` names them, use, and what `folder` takes."""
    tasks, pages = _tasks_and_pages(found)
    here = folder.stat().st_dev
    nameless = {(it.st_dev, it.st_ino): it.st_blocks * BLOCK for it in _nameless(found)}
    on_disk = sum(size for (device, _), size in nameless.items() if device == here)
    in_memory = sum(nameless.values()) - on_disk
    return Usage(tasks, pages * PAGE + in_memory, disk_usage(folder) + on_disk)


def processes(pid: int) -> Iterator[Path]:
    """Yield the ``/proc/N`` of all that was started as `pid`.

    A sandbox has a list of its own, which is whole; without one, children are followed,
    and those that a fork bomb has orphaned are missed.
    """
    for child in children(pid):
        inside = Path(f"/proc/{child}/root/proc")
        with contextlib.suppress(OSError):  # it ended, or is not ours to look into
            if inside.stat().st_dev != Path("/proc").stat().st_dev:  # it is set up
                yield from (it for it in inside.iterdir() if it.name.isdecimal())
                return
    yield from map(Path, (f"/proc/{it}" for it in tree(pid)))


def tree(pid: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield pid
    for child in children(pid):
        yield from tree(child)


def _tasks_and_pages(found: list[Path]) -> tuple[int, int]:
    """Return how many tasks processes have, and how many pages of memory they map."""
    tasks = pages = 0
    for process in found:
        with contextlib.suppress(OSError):  # it ended
            pages += int((process / "statm").read_text().split()[1])
            tasks += sum(1 for _ in (process / "task").iterdir())
    return tasks, pages


def _nameless(found: list[Path]) -> Iterator[os.stat_result]:
    """Yield the open files without a name."""
    for process in found:
        with contextlib.suppress(OSError):  # it ended
            for file in (process / "fd").iterdir():
                with contextlib.suppress(OSError):  # it is closed
                    if str(file.readlink()).endswith(NAMELESS):
                        yield file.stat()


def disk_usage(folder: Path) -> int:
    """Return what the files below `folder` take on disk, in bytes."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # it is gone
                total += os.lstat(f"{parent}/{name}").st_blocks * BLOCK
    return total
