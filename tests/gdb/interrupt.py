# SPDX-License-Identifier: GPL-2.0-or-later
"""For gdb: run each of ``$commands``, with commas between, and interrupt it ``$times`` times.

It is interrupted by SIGINT, as Ctrl-C does it: at evenly spaced calls of our code, once
more while it unwinds a coroutine, if it does, and then by a timer, wherever gdb is in its
own.  One line says of each how that ended.
"""

import os
import signal
import subprocess
import sys
import time
from types import FrameType

import gdb
from qemublock import stacks

ENOUGH = 1000


class _Calls:
    """Counts the calls of our code, and interrupts one of them."""

    def __init__(self, at: int = 0) -> None:
        self.number, self.at, self.armed = 0, at, False
        #: The calls while a coroutine was unwound.
        self.unwinding: list[int] = []

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call" and "qemublock" in frame.f_code.co_filename:
            self.number += 1
            armed = stacks._UNWINDER.answer is not None  # noqa: SLF001
            if armed:
                self.unwinding.append(self.number)
            if self.number == self.at:
                self.armed = armed
                os.kill(os.getpid(), signal.SIGINT)


def _run(command: str, at: int = 0) -> _Calls:
    """Run it, and interrupt it at its call number `at`."""
    calls = _Calls(at)
    sys.setprofile(calls)
    try:
        gdb.execute(command, to_string=True)
    except (gdb.error, KeyboardInterrupt) as error:
        armed = " while it unwound a coroutine" if calls.armed else ""
        gdb.write(f"{command}: {error} at call {at}{armed}\n")
    finally:
        sys.setprofile(None)
    return calls


def _after(command: str, seconds: float) -> None:
    kill = f"sleep {seconds}; kill -INT {os.getpid()}"
    try:
        with subprocess.Popen(["/bin/sh", "-c", kill], start_new_session=True):
            for _ in range(ENOUGH):
                gdb.execute(command, to_string=True)
    except (gdb.error, KeyboardInterrupt) as error:
        gdb.write(f"{command}: {error or 'interrupted'} after {seconds:.3f} s\n")


times = int(gdb.convenience_variable("times"))
for name in gdb.convenience_variable("commands").string().split(","):
    command = f"qemu-block {name}"
    gdb.execute(command, to_string=True)  # what is looked up once is known then
    begin = time.monotonic()
    calls = _run(command)
    took = time.monotonic() - begin
    places = [calls.number * (place + 1) // (times + 1) for place in range(times)]
    for place in (*places, *calls.unwinding[len(calls.unwinding) // 2 :][:1]):
        _run(command, place)
    _after(command, took / 2)
