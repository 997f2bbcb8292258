# SPDX-License-Identifier: GPL-2.0-or-later
"""Run examples of QEMU's own documentation.

::

    snippets + sidecar ──make_script──► an Example for each session ──► verdicts

A snippet with a mistake of syntax is a failure at that line; what can be read of it
in spite of that is run, so that what comes behind it can be run as well.
"""

from dataclasses import dataclass

from blockdoc.doctest.problem import StepError
from blockdoc.doctest.run import ExampleRun
from blockdoc.doctest.script import Script
from blockdoc.errors import BlockdocError, Place
from blockdoc.example import Step
from blockdoc.qemu import Build

__all__ = ["Verdict", "run_session"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one step, or of the text of a snippet."""

    place: Place
    session: str
    #: ``passed``, ``failed`` or ``not reached``.
    outcome: str
    #: What was sent; why it failed.
    message: str


async def run_session(script: Script, build: Build) -> list[Verdict]:
    """Run a session to its end, or to the first step that fails."""
    title = script.example.title
    verdicts = [Verdict(it.place, title, "failed", it.message) for it in script.problems]
    done = 0
    steps = script.example.steps
    try:
        async with ExampleRun(script.example, build) as run:
            for step in steps:
                await run.run_to(step)
                verdicts.append(_verdict(step, title, "passed"))
                done += 1
    except BlockdocError as error:
        # It may be only the end, when QEMU is asked to quit, that fails.
        failed = steps[min(done, len(steps) - 1)]
        verdicts.append(_verdict(failed, title, "failed", _why(error)))
    verdicts += (_verdict(step, title, "not reached") for step in steps[done + 1 :])
    return verdicts


def _why(error: BlockdocError) -> str:
    """Say what is wrong; the place is told beside it."""
    if isinstance(error, StepError):
        return "\n".join([error.message, *error.problem.diff()])
    return error.message


def _verdict(step: Step, title: str, outcome: str, why: str = "") -> Verdict:
    fence = step.alternatives[0]
    sent = fence.text.partition("\n")[0]
    return Verdict(fence.place, title, outcome, why or sent)
