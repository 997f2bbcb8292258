# SPDX-License-Identifier: GPL-2.0-or-later
"""Time the iotests' functions that examples show, under ``check`` and as steps.

::

    docs/tools/iotests.md ─ functions ─► check -qcow2 -- ./030 Class.function …
            │                                      │ seconds
            └─ steps ─► the examples that have them, whole ─► seconds, ratio

Both run in turn, several times, and the medians are compared.  ``check`` is one process
for each iotest; the examples run one after the other in this process, so its imports are
left out.  The last line has them in: it compares all of ``check`` with a fresh pytest.

    python -m blockdoc.bench.iotests --qemu-src DIR [--runs 3] [--format json]

Exit status: 0 all examples take at most a tenth of all iotests, 1 not so, 2 used wrongly.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from blockdoc.bench.assertions import Assertion, read_assertions
from blockdoc.bench.check import Check, open_check
from blockdoc.doctest.run import ExampleRun
from blockdoc.errors import BlockdocError, MissingError, QemuError
from blockdoc.example import Example, is_example, read_example
from blockdoc.qemu import Build, find_build

__all__ = ["Bench", "Line", "examples_of", "main", "measure"]

PAGE = Path("docs/tools/iotests.md")
EXAMPLES = Path("examples/iotests")
GOAL = 0.1
TOTAL = "all"


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured with."""

    build: Build
    check: Check
    #: How often; medians are told.
    runs: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the result; times are medians, in seconds."""

    name: str
    functions: int
    assertions: int
    examples: int
    check: float
    ours: float

    @property
    def ratio(self) -> float:
        """Our time as a part of theirs."""
        return self.ours / self.check


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="iotests", description=__doc__.partition("\n")[0])
    parser.add_argument("--qemu-src", type=Path, required=True, metavar="DIR")
    parser.add_argument("--runs", type=int, default=3, help="how often; the median counts")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args(arguments)
    try:
        build = find_build()
        with open_check(options.qemu_src, build) as check:
            lines = measure(Path.cwd(), Bench(build, check, options.runs))
    except BlockdocError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    _report(lines, build, check, options.format)
    total = next(line for line in lines if line.name == TOTAL)
    return 0 if total.ratio <= GOAL else 1


def measure(root: Path, bench: Bench) -> list[Line]:
    """Return a line for each iotest, one for their sum, and one for fresh processes.

    :raise BlockdocError: something does not pass, or is missing.
    """
    by_iotest = defaultdict(list)
    for assertion in read_assertions(root / PAGE):
        by_iotest[assertion.iotest].append(assertion)
    tables = [rows for _, rows in sorted(by_iotest.items())]
    lines = [_line(rows, examples_of(rows, root), bench) for rows in tables]
    total = _sum(TOTAL, lines)
    fresh = statistics.median(_fresh(root) for _ in range(bench.runs))
    return [*lines, total, replace(total, name="pytest", ours=fresh)]


def examples_of(assertions: Sequence[Assertion], root: Path) -> list[Example]:
    """Return the examples that have the steps of `assertions`.

    :raise MissingError: a step is in none.
    """
    steps = {it.step for it in assertions}
    paths = (path for path in sorted((root / EXAMPLES).glob("*.md")) if is_example(path))
    every = [read_example(path, root) for path in paths]
    found = [example for example in every if steps & {it.id for it in example.steps}]
    missing = steps - {step.id for example in found for step in example.steps}
    if missing:
        where = next(it.place for it in assertions if it.step in missing)
        raise MissingError(f"no example has the step {min(missing)}", where)
    return found


def _line(rows: Sequence[Assertion], examples: Sequence[Example], bench: Bench) -> Line:
    name = rows[0].iotest
    functions = sorted({row.function for row in rows})
    bench.check.seconds(name, functions)  # fills the caches
    theirs, ours = [], []
    for _ in range(bench.runs):
        theirs.append(bench.check.seconds(name, functions))
        ours.append(_timed(lambda: asyncio.run(_run(examples, bench.build))))
    return Line(
        name,
        len(functions),
        len(rows),
        len(examples),
        statistics.median(theirs),
        statistics.median(ours),
    )


async def _run(examples: Sequence[Example], build: Build) -> None:
    for example in examples:
        async with ExampleRun(example, build) as run:
            await run.run_to(example.steps[-1])


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _sum(name: str, lines: Sequence[Line]) -> Line:
    return Line(
        name,
        sum(it.functions for it in lines),
        sum(it.assertions for it in lines),
        sum(it.examples for it in lines),
        sum(it.check for it in lines),
        sum(it.ours for it in lines),
    )


def _fresh(root: Path) -> float:
    """Return how long a fresh pytest takes for all these examples, in seconds."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--no-cache",
        str(EXAMPLES),
    ]
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=root, env=os.environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise QemuError(f"pytest {EXAMPLES} does not pass:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - started


def _report(lines: Sequence[Line], build: Build, check: Check, form: str) -> None:
    if form == "json":
        rows: list[Mapping[str, object]] = [
            {**asdict(line), "ratio": round(line.ratio, 3)} for line in lines
        ]
        json.dump({"qemu": build.version, "qtest": check.qtest, "lines": rows}, sys.stdout)
        sys.stdout.write("\n")
        return
    accelerator = "qtest" if check.qtest else "tcg, stopped (qtest is not built in)"
    sys.stdout.write(f"QEMU {build.version}, accelerator {accelerator}\n")
    sys.stdout.write("iotest  functions  assertions  examples   check s    ours s  ratio\n")
    for it in lines:
        counts = f"{it.functions:9}  {it.assertions:10}  {it.examples:8}"
        times = f"{it.check:8.2f}  {it.ours:8.3f}  {it.ratio:5.3f}"
        sys.stdout.write(f"{it.name:6}  {counts}  {times}\n")


if __name__ == "__main__":
    sys.exit(main())
