# SPDX-License-Identifier: GPL-2.0-or-later
"""What more than one example costs: reading them, and running them side by side.

A worker starts, reads the examples, says that it is ready, and runs its share when it is
told to: start-up and collection are left out.
"""

import asyncio
import itertools
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import PIPE

from blockdoc.doctest.run import ExampleRun
from blockdoc.errors import QemuError
from blockdoc.example import Example, read_example
from blockdoc.qemu import Build, find_build, walls_of

__all__ = ["again", "collection", "side_by_side"]

#: How a worker is told of an example: small enough that a pipe holds 32,768 of them.
NUMBER = struct.Struct("<H")
#: Runs all examples twice in one process, and says how long each took, in seconds.
TWICE = """\
import contextlib, io, time, pytest
for _ in range(2):
    begin = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        status = pytest.main(["examples", "-q", "-p", "no:cacheprovider", "-W", "ignore"])
    print(int(status), time.perf_counter() - begin)
"""


def collection(files: Sequence[Path], number: int = 300) -> float:
    """Return how long it takes to read `number` examples, in seconds."""
    begin = time.perf_counter()
    for path in itertools.islice(itertools.cycle(files), number):
        read_example(path, Path.cwd())
    return time.perf_counter() - begin


def again() -> tuple[float, float]:
    """Return how long the suite takes, in seconds: cold with imports, then unchanged.

    :raise QemuError: an example does not hold.
    """
    with tempfile.TemporaryDirectory() as cache:
        known = {key: value for key, value in os.environ.items() if key != "CI"}
        done = subprocess.run(
            [sys.executable, "-c", TWICE],
            env={**known, "BLOCKDOC_CACHE": cache},
            capture_output=True,
            text=True,
            check=False,
        )
    times = [line.split() for line in done.stdout.splitlines()]
    if [status for status, _ in times] != ["0", "0"]:
        raise QemuError("the examples do not hold; `make doctest` says why")
    (_, cold), (_, unchanged) = times
    return float(cold), float(unchanged)


def side_by_side(files: Sequence[Path], workers: int, rounds: int) -> float:
    """Return how long `workers` take to run all examples `rounds` times, in seconds."""
    queue = deal(len(files) * rounds)
    running = [_worker(files, queue) for _ in range(workers)]
    os.close(queue)
    for worker in running:
        _line(worker)
    begin = time.perf_counter()
    for worker in running:
        assert worker.stdin is not None  # noqa: S101 - it was asked for
        worker.stdin.write(b"go\n")
        worker.stdin.flush()
    for worker in running:
        _line(worker)
    spent = time.perf_counter() - begin
    for worker in running:
        worker.communicate()
    return spent


def deal(number: int) -> int:
    """Return the end of a pipe from which workers `take` the numbers below `number`.

    As under pytest-xdist, who is ready takes the next: examples differ a hundredfold.
    """
    ours, theirs = os.pipe()
    os.write(theirs, b"".join(map(NUMBER.pack, range(number))))
    os.close(theirs)
    return ours


def take(queue: int) -> Iterator[int]:
    """Yield numbers that nobody else has got, until there are no more."""
    while record := os.read(queue, NUMBER.size):
        yield NUMBER.unpack(record)[0]


def _worker(files: Sequence[Path], queue: int) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-m", __name__, str(queue), *map(str, files)]
    return subprocess.Popen(words, stdin=PIPE, stdout=PIPE, pass_fds=[queue])


def _line(worker: "subprocess.Popen[bytes]") -> None:
    assert worker.stdout is not None  # noqa: S101 - it was asked for
    if not worker.stdout.readline():
        raise RuntimeError("a worker of the bench failed; what it said is above")


def work(queue: int, files: Sequence[str]) -> None:
    """Run examples when told to."""
    build = find_build()
    walls_of(build)
    examples = [read_example(Path(name), Path.cwd()) for name in files]
    print("ready", flush=True)
    sys.stdin.readline()
    with asyncio.Runner() as runner:
        for number in take(queue):
            example = examples[number % len(examples)]
            if example.requires is None or example.requires.applies(build):
                runner.run(_run(example, build))
    print("done", flush=True)


async def _run(example: Example, build: Build) -> None:
    async with ExampleRun(example, build) as run:
        await run.run_to(example.steps[-1])


if __name__ == "__main__":
    work(int(sys.argv[1]), sys.argv[2:])
