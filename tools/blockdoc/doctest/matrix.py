# SPDX-License-Identifier: GPL-2.0-or-later
"""Run all examples on one QEMU, in a pytest of its own.

::

    pytest examples -n auto  ──results──►  a file that is read while it grows  ──► a Run

pytest leads a process group, so that Ctrl-C here is passed on once, and waited for.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from blockdoc.doctest.verdicts import OUTCOMES, Verdict
from blockdoc.qemu import Build
from blockdoc.qemu.distribution import end_group
from blockdoc.qemu.process import die_with_parent

__all__ = ["Order", "Run", "run_examples"]

#: How often the results are looked at, in seconds.
PERIOD = 0.2
#: How long pytest may take to end its machines when interrupted, in seconds.
PATIENCE = 20.0
#: What pytest says of a run that reached its end: all passed, or some failed.
ENDED = (0, 1)

#: A line of :mod:`blockdoc.pytest_results`.
Record = dict[str, str]


@dataclass(frozen=True, slots=True)
class Run:
    """All examples, on one QEMU."""

    #: By path, then by step.
    verdicts: Mapping[str, Mapping[str, Verdict]]
    #: pytest's exit status; anything but 0 and 1 is a run that did not reach its end.
    status: int
    #: What pytest printed.
    output: str

    @property
    def ended(self) -> bool:
        """Say whether the verdicts are all that there are."""
        return self.status in ENDED

    def count(self, outcome: str) -> int:
        """Count the steps that came out like this."""
        return sum(
            it.outcome == outcome for steps in self.verdicts.values() for it in steps.values()
        )


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run, and how."""

    #: Paths of examples, and options of pytest.
    words: Sequence[str] = ("examples",)
    #: The first failure ends it.
    to_failure: bool = False
    #: What needs a program that is missing is skipped, in CI too.
    excuse: bool = False


ALL = Order()


def run_examples(
    build: Build, root: Path, heard: Callable[[str], None], order: Order = ALL
) -> Run:
    """Run examples under `root` on `build`; `heard` hears the id of each step."""
    surroundings = {**os.environ, "QEMU_BUILD": str(build.root or "")}
    if order.excuse:
        surroundings.pop("CI", None)
    with tempfile.TemporaryDirectory(prefix="blockdoc-matrix-") as name:
        results, output = Path(name, "results"), Path(name, "output")
        results.touch()
        with output.open("wb") as file:
            process = subprocess.Popen(
                _command(order.words, results),
                cwd=root,
                env=surroundings,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - no threads here
            )
        records = list(_follow(process, results, heard, to_failure=order.to_failure))
        text = output.read_text(encoding="utf-8", errors="replace")
    return Run(_verdicts(records), process.returncode, text)


def _command(words: Sequence[str], results: Path) -> list[str]:
    colour = "yes" if sys.stdout.isatty() else "no"
    return [
        *(sys.executable, "-m", "pytest", *words, "-n", "auto", "--dist", "loadfile"),
        # Hypothesis' plugin takes a second at the end of every run, for its own tests.
        *("-p", "no:hypothesispytest", "-p", "no:cacheprovider", f"--color={colour}"),
        *("-p", "blockdoc.pytest_results", "--results", str(results)),
    ]


def _follow(
    process: "subprocess.Popen[bytes]",
    results: Path,
    heard: Callable[[str], None],
    *,
    to_failure: bool,
) -> Iterator[Record]:
    """Yield results as they come, until pytest has ended, or is ended."""
    try:
        with results.open(encoding="utf-8") as file:
            alive = True
            while alive:
                alive = process.poll() is None
                for record in _new_records(file):
                    heard(record["id"])
                    yield record
                    if to_failure and record["outcome"] == "failed":
                        _interrupt(process)
                        return
                if alive:
                    time.sleep(PERIOD)
    except BaseException:
        _interrupt(process)
        raise


def _new_records(file: TextIO) -> Iterator[Record]:
    """Yield what has been written since; a line that is not whole waits."""
    while True:
        start = file.tell()
        line = file.readline()
        if not line.endswith("\n"):
            file.seek(start)
            return
        record: Record = json.loads(line)
        if "id" in record:
            yield record


def _interrupt(process: "subprocess.Popen[bytes]") -> None:
    """Do as Ctrl-C on a terminal does, once: workers hear it too, and end their machines."""
    with contextlib.suppress(ProcessLookupError):  # all of it has ended by itself
        os.killpg(process.pid, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
    end_group(process)


def _verdicts(records: Iterable[Record]) -> dict[str, dict[str, Verdict]]:
    """Put results together; of one that is told twice, a failure counts."""
    found: defaultdict[str, dict[str, Verdict]] = defaultdict(dict)
    for record in records:
        path, _, step = record["id"].partition("::")
        if record["outcome"] == "failed" or step not in found[path]:
            found[path][step] = Verdict(OUTCOMES[record["outcome"]], record["why"])
    return dict(found)
