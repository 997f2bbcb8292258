# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands leave a live process as it is: registers, memory, and its service."""

import json
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dwarf import ENVIRONMENT, Client, Daemon, gdb, started, traces, until
from scenes import MEBIBYTE, Connect, Start, everything

COMMANDS = (
    *("bt all", "coroutines", "graph", "why", "jobs", "contexts", "requests", "locks"),
    *("bitmaps", "exports", "throttle", "chain top"),
)
HERE = Path(__file__).parent
STATE = f"source {HERE / 'state.py'}"
SECTOR = 4096


class Work:
    """Writes and reads that never end; what is read must be what was written."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.done = 0
        self.stop = threading.Event()

    def __call__(self) -> None:
        while not self.stop.is_set():
            offset = self.done * SECTOR % MEBIBYTE
            data = self.done.to_bytes(8, "little") * (SECTOR // 8)
            self._client.write(offset, data)
            assert self._client.reply(0) == (0, b"")
            self._client.read(offset, SECTOR)
            assert self._client.reply(SECTOR) == (0, data)
            self.done += 1

    def goes_on(self) -> None:
        """See it go on: what was under way may have ended, so that one more is not enough."""
        enough = self.done + 5
        until(lambda: self.done > enough)


@contextmanager
def _working(daemon: Daemon, client: Client) -> Iterator[Work]:
    work = Work(client)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(work)
        try:
            until(lambda: work.done > 0 or running.done())
            yield work
        finally:
            work.stop.set()
            if running.done() or daemon.process.poll() is None:
                running.result(30)


@pytest.fixture
def serving(start: Start, client: Connect) -> Iterator[tuple[Daemon, Work]]:
    """Start a daemon that has some of everything, and serves one client all the time."""
    daemon = everything(start, client)
    with _working(daemon, client(daemon, "busy")) as work:
        yield daemon, work


def _states(said: str) -> list[dict[str, Any]]:
    lines = (line for line in said.splitlines() if line.startswith("state "))
    return [json.loads(line.partition(" ")[2]) for line in lines]


def _interrupted(times: int, *commands: str) -> tuple[str, ...]:
    """Return how to run and to interrupt commands."""
    names = f'set $commands = "{",".join(commands)}"'
    return names, f"set $times = {times}", f"source {HERE / 'interrupt.py'}"


def test_registers_and_memory_stay_the_same_whoever_interrupts(serving: tuple[Daemon, Work]):
    daemon, work = serving
    every = [f"qemu-block {command}" for command in COMMANDS]
    watched = [word for command in every for word in (command, STATE)]
    interrupted = _interrupted(2, *COMMANDS)
    said = gdb(daemon, daemon.pid, STATE, *watched, *interrupted, STATE)
    first, *others = _states(said)
    assert len(first["registers"]) > 3
    for registers in first["registers"].values():
        assert {"rip", "rsp", "orig_rax", "mxcsr"} <= set(registers)
    assert any("[heap]" in line for line in first["memory"])
    assert len(others) == len(COMMANDS) + 1
    for other in others:
        assert other == first
    assert len(traces(said)) > 5
    for command in every:
        assert said.count(f"{command}: interrupted at call") >= 2
    unwinding = re.findall(
        "^qemu-block (.*): .* while it unwound a coroutine$", said, re.MULTILINE
    )
    assert {"bt all", "coroutines", "why"} <= set(unwinding)
    work.goes_on()


def test_what_is_selected_stays_selected_whoever_interrupts(serving: tuple[Daemon, Work]):
    daemon, work = serving
    every = [f"qemu-block {command}" for command in COMMANDS]
    said = gdb(
        daemon,
        daemon.pid,
        "set $job = jobs.lh_first",
        "qemu-block select $job->co",
        STATE,
        *every,
        STATE,
        *_interrupted(10, "bt all"),
        STATE,
    )
    first, second, third = _states(said)
    assert "mirror_run" in first["frames"]
    assert second == first
    assert third == first
    work.goes_on()


def test_nothing_is_wanted_that_gdb_may_be_forbidden(waiting: Daemon):
    """Not even for a moment: what is put back afterwards would be seen by nobody else."""
    forbidden = ("write-registers", "write-memory", "insert-breakpoints", "call-functions")
    every = [f"qemu-block {command}" for command in COMMANDS]
    said = gdb(waiting, waiting.pid, *every, forbidden=forbidden)
    assert len(traces(said)) > 3
    assert "note: " not in said


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_gdb_is_ended_in_the_middle_and_the_process_goes_on(
    serving: tuple[Daemon, Work], how: signal.Signals
):
    daemon, work = serving
    many = "python for _ in range(100): gdb.execute('qemu-block bt all')"
    with subprocess.Popen(
        started(daemon.program, daemon.pid, many, "echo to the end\\n"),
        cwd=daemon.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=ENVIRONMENT,
    ) as process:
        assert process.stdout
        assert any("throttle_co_preadv" in line for line in process.stdout)
        process.send_signal(how)
        assert "to the end" not in process.communicate()[0]
    work.goes_on()
    assert daemon.ask("query-version")["qemu"]
