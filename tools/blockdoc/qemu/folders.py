# SPDX-License-Identifier: GPL-2.0-or-later
"""Folders that a runner needs while it lives; they are named after it.

A runner that was killed leaves its own behind, and the next one removes them.
"""

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["MARK", "end_all_of", "mark_of", "new_folder", "sweep"]

PREFIX = "blockdoc-"
#: The variable that tells which folder a program was started for.
MARK = "BLOCKDOC_FOLDER"
#: How often what has that mark is killed, and how long it has to end each time, in seconds.
ROUNDS = 50
PAUSE = 0.02
#: How many looks in a row must find nothing.
CLEAN = 3


def new_folder() -> Path:
    """Make an empty folder that nobody else can enter."""
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))


def sweep() -> None:
    """Remove the folders of runners that were killed before they could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}[0-9]*-*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdecimal() and not Path("/proc", owner).exists():
            end_all_of(folder)
            shutil.rmtree(folder, ignore_errors=True)


def mark_of(folder: Path) -> dict[str, str]:
    """Return the variable of the environment by which `end_all_of` knows a program."""
    return {MARK: str(folder)}


def end_all_of(folder: Path) -> None:
    """Kill what has the mark of `folder`, also if it has left its group, session and parent.

    A program that was started by it without that variable is not found.  One that is
    being started shows no variables for a moment, so the last look has to be confirmed.
    """
    clean = 0
    for _ in range(ROUNDS):
        found = list(_marked(folder))
        clean = 0 if found else clean + 1
        if clean == CLEAN:
            break
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(PAUSE)


def _marked(folder: Path) -> Iterator[int]:
    mark = f"{MARK}={folder}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended, or is somebody else's
            if mark in (process / "environ").read_bytes().split(b"\0"):
                yield int(process.name)
