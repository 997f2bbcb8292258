# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the examples until one notices that QEMU has changed.

::

    the examples of the topic ──► all others        each until a step fails
                 │ failed
                 ▼
    that example again, on its own ──► fails again: noticed
                                  └──► passes: it was chance, and the rest goes on

What does not pass before any change is left out: it could not tell.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from blockdoc.doctest.matrix import Order, Run, run_examples
from blockdoc.errors import Place, QemuError
from blockdoc.example import read_example
from blockdoc.mutants.patch import Mutant
from blockdoc.qemu import Build

__all__ = ["Examples", "Noticed", "pass_before"]

FOLDER = "examples"


@dataclass(frozen=True, slots=True)
class Noticed:
    """The step that failed, and how long it took to find out; or none did."""

    id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Examples:
    """The examples that pass on the QEMU that nobody has changed."""

    root: Path
    #: How long a step may take, in seconds: what hangs is noticed.
    limit: float
    #: Paths; of each, every step that was run has passed.
    paths: Sequence[str]
    #: What failed there, by path: the id of its first step. These are left out.
    failing: Mapping[str, str] = field(default_factory=dict)
    #: Why steps were skipped, and how many.
    skipped: Mapping[str, int] = field(default_factory=dict)

    def notice(self, mutant: Mutant, build: Build) -> Noticed:
        """Run them on `build` until one fails, and fails again on its own."""
        spent = 0.0
        for paths in self._in_turn(mutant.topic):
            left = list(paths)
            while left:
                run, seconds = self._run(build, left, to_failure=True)
                spent += seconds
                failed = _failed(run)
                if failed is None:
                    break
                path = failed.partition("::")[0]
                again, _ = self._run(build, [path], to_failure=True)
                if (second := _failed(again)) is not None:
                    return Noticed(second, spent)
                left.remove(path)
        return Noticed("", spent)

    def _in_turn(self, topic: str) -> tuple[list[str], list[str]]:
        """Return the examples of a topic, and the others."""
        words = set(topic.split())
        first = [path for path in self.paths if words & _words(path)]
        return first, [path for path in self.paths if path not in first]

    def _run(
        self, build: Build, paths: Sequence[str], *, to_failure: bool
    ) -> tuple[Run, float]:
        """Run some of them; return the time to the last result, in seconds."""
        begin = last = time.monotonic()

        def heard(_: str) -> None:
            nonlocal last
            last = time.monotonic()

        words = (*paths, "--no-cache", f"--step-limit={self.limit:g}")
        order = Order(words, to_failure=to_failure, excuse=True)
        run = run_examples(build, self.root, heard, order)
        return run, last - begin

    def place(self, step: str) -> Place:
        """Return where a step stands."""
        path, _, name = step.partition("::")
        example = read_example(self.root / path, self.root)
        return next(it.alternatives[0].place for it in example.steps if it.id == name)


def pass_before(build: Build, root: Path, limit: float) -> Examples:
    """Run all examples on a QEMU that nobody has changed.

    :raise QemuError: the run does not reach its end, or nothing passes.
    """
    everything = Examples(root, limit, (FOLDER,))
    run, _ = everything._run(build, (FOLDER,), to_failure=False)  # noqa: SLF001 - of this module
    failing, skipped, passing = {}, dict[str, int](), []
    for path, steps in sorted(run.verdicts.items()):
        outcomes = {step: verdict.outcome for step, verdict in steps.items()}
        failed = [step for step, outcome in outcomes.items() if outcome == "failed"]
        if failed:
            failing[path] = f"{path}::{failed[0]}"
            continue
        for verdict in steps.values():
            if verdict.outcome == "skipped" and not verdict.why.startswith("not reached"):
                skipped[verdict.why] = skipped.get(verdict.why, 0) + 1
        if "passed" in outcomes.values():
            passing.append(path)
    if not run.ended or not passing:
        raise QemuError(f"the examples do not run on {build.origin}:\n{run.output[-2000:]}")
    return Examples(root, limit, passing, failing, skipped)


def _failed(run: Run) -> str | None:
    """Return the id of a step that failed."""
    for path, steps in run.verdicts.items():
        for step, verdict in steps.items():
            if verdict.outcome == "failed":
                return f"{path}::{step}"
    return None


def _words(path: str) -> set[str]:
    """Return the words of a path: of ``examples/jobs/mirror-len.md`` jobs, mirror and len."""
    return set(path.removesuffix(".md").replace("/", "-").split("-"))
