# SPDX-License-Identifier: GPL-2.0-or-later
"""How much an example may use, and who sees to it.

======================  ==============================================================
of one process          the kernel: processor time, size of a file, open files,
                        no core file unless it is wanted
of one sandbox          the kernel: processes and threads, unless they are root's
of the whole example    a look at it several times a second (`blockdoc.qemu.usage`),
                        and at what is printed; beyond, it is killed
======================  ==============================================================

Memory is what is in use and not what is reserved (``RLIMIT_AS``, ``RLIMIT_DATA``): QEMU
reserves 1 GiB for translated code alone, and a build with sanitizers many TiB.
"""

import asyncio
import os
import re
from asyncio.subprocess import Process
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from blockdoc.qemu.usage import processes, usage

__all__ = ["LIMITS", "Limits", "Watch", "kernel_counts_tasks_by_sandbox"]

#: How often the whole example is looked at, in seconds.
INTERVAL = 0.1
#: How many times as many tasks the kernel lets through, so that they are seen: those of
#: a fork bomb come and go while they are counted.
SPARE = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an example may use; sizes in bytes."""

    #: Processor time of one process, in seconds.
    time: int = 600
    #: Size of one file, holes included.
    file: int = 16 << 30
    #: Open files of one process.
    open_files: int = 4096
    #: Processes and threads of the example.
    tasks: int = 512
    #: Memory in use by all its processes.
    memory: int = 2 << 30
    #: What its folder takes on disk.
    disk: int = 1 << 30
    #: What one program prints.
    printed: int = 64 << 20
    #: Whether a program that crashes leaves a core file in the folder.
    core: bool = False

    def script(self, *, count: bool) -> str:
        """Return shell commands that set what the kernel sees to.

        With `count` the number of processes is among it, as a backstop: the letter of
        that limit differs between shells.  The last line makes the kernel choose us when
        memory is short.
        """
        most = SPARE * self.tasks
        tasks = f"{{ ulimit -u {most} || ulimit -p {most}; }} 2>/dev/null\n" if count else ""
        return (
            f"ulimit -c {'unlimited' if self.core else 0}; ulimit -t {self.time}\n"
            f"ulimit -f {self.file // 512}\n"
            f"ulimit -n {self.open_files}\n{tasks}"
            "echo 1000 >/proc/self/oom_score_adj"
        )


def kernel_counts_tasks_by_sandbox() -> bool:
    """Say whether ``RLIMIT_NPROC`` counts within a user namespace: since Linux 5.14.

    Before, it counted all that the user runs, wherever.
    """
    numbers = re.findall(r"\d+", os.uname().release)[:2]
    return tuple(map(int, numbers)) >= (5, 14)


LIMITS = Limits()


class Watch:
    """Looks at an example while it runs, and kills it when it uses too much."""

    def __init__(self, folder: Path, limits: Limits, end: Callable[[Process], None]) -> None:
        self._folder = folder
        self._end = end
        self._limits = limits
        self._processes: list[Process] = []
        self._logs: list[IO[bytes]] = []
        self._task: asyncio.Task[None] | None = None
        #: Why the example was killed, if it was.
        self.stopped = ""

    def add(self, process: Process, *streams: object) -> None:
        """Look at `process` too, at all below it, and at what it prints to."""
        self._processes.append(process)
        self._logs += (cast("IO[bytes]", it) for it in streams if hasattr(it, "fileno"))
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def close(self) -> None:
        """Look no longer."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while not self.stopped:
            await asyncio.sleep(INTERVAL)
            found = [it for process in self._alive() for it in processes(process.pid)]
            try:
                self.stopped = self._excess(found)
            except Exception as error:  # noqa: BLE001 - who cannot be watched does not run
                self.stopped = f"the example's limits could not be watched: {error!r}"
        while True:  # what is being started meanwhile ends too
            for process in self._alive():
                self._end(process)
            await asyncio.sleep(INTERVAL)

    def _alive(self) -> list[Process]:
        """Return the processes whose number is still theirs."""
        return [process for process in self._processes if process.returncode is None]

    def _excess(self, found: list[Path]) -> str:
        used = usage(found, self._folder)
        if used.tasks > self._limits.tasks:
            return f"the example has more than {self._limits.tasks} processes and threads"
        if used.memory > self._limits.memory:
            return f"the example uses more than {_size(self._limits.memory)} of memory"
        if used.disk > self._limits.disk:
            return f"the example's files take more than {_size(self._limits.disk)} on disk"
        if any(_printed(log) > self._limits.printed for log in self._logs):
            return f"the example prints more than {_size(self._limits.printed)}"
        return ""


def _printed(log: IO[bytes]) -> int:
    return 0 if log.closed else os.fstat(log.fileno()).st_size


def _size(number: int) -> str:
    return f"{number >> 20} MiB" if number < 1 << 30 else f"{number >> 30} GiB"
