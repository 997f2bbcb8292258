# SPDX-License-Identifier: GPL-2.0-or-later
"""Where an example runs: a folder of its own, and as little else as can be.

::

    runner ── bwrap (outside) ── bwrap (process 1 of the sandbox)
      │                               └── sh, which sets the limits ── becomes QEMU
      │ pipe                              └── sh, which waits at the pipe
      └───────────────────────────────────────┘

Inside there is ``/example``, writable and the working directory; ``/usr`` and QEMU's own
tree, for reading; small ``/tmp`` and ``/dev``; a loopback device and no other; and no
process but these.  Nothing of it outlives the runner: its end of the pipe closes with
it, at whatever moment, and the shell at the other end kills all that is there.  (The
signal of ``PR_SET_PDEATHSIG``, which bwrap asks for too, is quicker, but each process
has to ask for it first.)

A mark in the environment tells what was started for which folder; bwrap does not hand it
on.  By it the next runner ends what is left in spite of all: of several hundred runners
killed on a busy machine, one had an outer bwrap for more than a minute, later gone.

`blockdoc.qemu.limits` says what the limits are.  Without bubblewrap there are the
folder, the limits, the pipe and the mark, and `Walls.missing` says why.
"""

import asyncio
import contextlib
import functools
import os
import shutil
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from blockdoc.qemu.build import Build
from blockdoc.qemu.folders import end_all_of, mark_of, new_folder
from blockdoc.qemu.limits import LIMITS, Limits, Watch, kernel_counts_tasks_by_sandbox
from blockdoc.qemu.stranger import Stranger
from blockdoc.qemu.walls import INSIDE, Walls, walls_of

__all__ = ["Prepared", "Sandbox", "open_sandbox"]

#: Starts a program: limits first, then somebody who waits for the runner's end.
LAUNCH = """\
{limits}
{{ read -r _; {end}; }} <"/proc/self/fd/$1" >/dev/null 2>&1 &
shift
exec "$@"
"""
#: What ends a program and all that it has started: in a sandbox, and without one.
END_ALL = "kill -9 -1"
END_GROUP = "kill -9 -$$"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A program's command line, and the arguments of `subprocess.Popen` that go with it."""

    words: tuple[str, ...]
    how: Mapping[str, Any]


class Sandbox:
    """The surroundings of one example."""

    def __init__(self, folder: Path, build: Build, walls: Walls, limits: Limits) -> None:
        #: The example's own folder, as we see it.
        self.folder = folder
        self._build = build
        self._walls = walls
        self._processes: list[Process] = []
        self._watch = Watch(folder, limits, self._end)
        count = not walls.missing and kernel_counts_tasks_by_sandbox()
        script = LAUNCH.format(
            limits=limits.script(count=count), end=END_GROUP if walls.missing else END_ALL
        )
        self._launch = ("/bin/sh", "-c", script, "sh")

    @property
    def place(self) -> Path:
        """The example's own folder, as its programs see it."""
        return self.folder if self._walls.missing else INSIDE

    def give(self, name: str) -> None:
        """Let the programs write to a file that we have put in the folder."""
        self._walls.give(self.folder / name)

    @property
    def stopped(self) -> str:
        """Why the example was stopped, if it was: a limit that it reached."""
        return self._watch.stopped

    async def spawn(  # noqa: PLR0913 - what a process is started with
        self,
        command: Sequence[str],
        *,
        stdin: int | IO[bytes] = DEVNULL,
        stdout: int | IO[bytes] = DEVNULL,
        stderr: int | IO[bytes] = DEVNULL,
        pass_fds: Sequence[int] = (),
        environment: Mapping[str, str] | None = None,
    ) -> Process:
        """Start `command` in the folder; what is left of it ends with the sandbox.

        `environment` is added to the little that there is.  End it with `kill`: the
        process that is returned is the outermost.
        """
        prepared = self.command(command, pass_fds=pass_fds, environment=environment)
        process = await asyncio.create_subprocess_exec(
            *prepared.words, stdin=stdin, stdout=stdout, stderr=stderr, **prepared.how
        )
        self._processes.append(process)
        self._watch.add(process, stdout, stderr)
        return process

    def command(
        self,
        command: Sequence[str],
        *,
        pass_fds: Sequence[int] = (),
        environment: Mapping[str, str] | None = None,
    ) -> Prepared:
        """Return how `command` is started in here, for somebody else to do it."""
        life = _life(self._walls.stranger)
        words = (*self._walls.around(self.folder), *self._launch, str(life), *command)
        return Prepared(
            words,
            {
                "cwd": self.folder,
                "env": {
                    **self._walls.environment,
                    **self._build.environment,
                    **(environment or {}),
                    **mark_of(self.folder),
                },
                "pass_fds": [life, *self._walls.pass_fds, *pass_fds],
                "start_new_session": True,
            },
        )

    def _end(self, process: Process) -> None:
        if process.returncode is None:  # else its number may be somebody else's
            for victim in self._walls.victims(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
        if self._walls.missing:  # its group lives on as long as one of its members does
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    async def kill(self, process: Process) -> None:
        """End what `spawn` started, with all that it has started, at once."""
        self._end(process)
        await process.wait()

    async def close(self) -> None:
        """End all that was started."""
        self._watch.close()
        for process in self._processes:
            await self.kill(process)
        if self._walls.missing:
            end_all_of(self.folder)


@contextlib.asynccontextmanager
async def open_sandbox(build: Build, limits: Limits = LIMITS) -> AsyncIterator[Sandbox]:
    """Make an empty folder for the programs of `build`; leave nothing behind.

    :raise MissingError: there is no bubblewrap, and ``CI`` is set.
    """
    walls = walls_of(build)
    folder = new_folder()
    walls.give(folder)
    sandbox = Sandbox(folder, build, walls, limits)
    try:
        yield sandbox
    finally:
        await sandbox.close()
        shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def _life(who: Stranger | None) -> int:
    """Return the end of a pipe whose other end is open as long as this process lives."""
    ours, theirs = os.pipe()
    _KEPT_OPEN.append(theirs)
    if who:
        who.give(ours)
    return ours


_KEPT_OPEN: list[int] = []
