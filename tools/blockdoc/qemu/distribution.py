# SPDX-License-Identifier: GPL-2.0-or-later
"""Run a program of the distribution: one that speaks, takes a while, and may fail."""

import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from blockdoc.errors import MissingError
from blockdoc.qemu.process import die_with_parent

__all__ = ["end_group", "run_program"]

#: How many of its last lines an error shows.
TAIL = 3
#: How long it may take to tidy up when told to end, in seconds.
PATIENCE = 10.0


def run_program(
    command: Sequence[str],
    what: str,
    say: Callable[[str], None],
    cwd: Path | None = None,
    surroundings: Mapping[str, str] | None = None,
) -> None:
    """Run `command`; `say` hears the lines with which it says what it does.

    `surroundings` are variables to add to the environment, `cwd` is where it runs.

    :raise MissingError: it is not there, or fails: `what`, and the tail of what it said.
    """
    tail: deque[str] = deque(maxlen=TAIL)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, **(surroundings or {})},
            cwd=cwd,
            process_group=0,
            preexec_fn=partial(die_with_parent, signal.SIGTERM),  # noqa: PLW1509 - no threads here
        )
    except OSError as error:
        raise MissingError(
            f"{what}: {command[0]} does not start: {error.strerror}; "
            "`python3 tools/bootstrap releases sources` installs it, or says how"
        ) from error
    with process:
        try:
            for line in process.stdout or ():
                _hear(line.strip(), tail, say)
            status = process.wait()
        except BaseException:
            end_group(process)
            raise
    if status:
        said = "; ".join(tail) or "nothing"
        raise MissingError(f"{what}: {command[0]} ended with status {status} and said: {said}")


def _hear(line: str, tail: deque[str], say: Callable[[str], None]) -> None:
    """Keep what may be a reason; pass on what is a phase: ``I: extracting archives...``."""
    if line.startswith("I: "):
        if line.endswith("...") and " /" not in line:
            say(line[3:-3])
    elif line:
        tail.append(line)


def end_group(process: subprocess.Popen[Any]) -> None:
    """End a program that leads a process group: politely, then for sure."""
    for word in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, word)
            process.wait(PATIENCE)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
