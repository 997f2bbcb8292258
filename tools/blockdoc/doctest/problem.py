# SPDX-License-Identifier: GPL-2.0-or-later
"""What did not hold: a finding, with all that its reader needs."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from blockdoc.errors import BlockdocError, Place

__all__ = ["Problem", "StepError"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One place of an example where QEMU did something else."""

    place: Place
    #: What is wrong, in a sentence or more.
    message: str
    #: The author's text of the message or the graph, and the text that would hold.
    expected: str = ""
    actual: str = ""

    def __str__(self) -> str:
        return "\n".join([f"{self.place}: {self.message}", *self.diff()])

    def diff(self) -> Iterator[str]:
        """Yield the change that `record` would make."""
        if self.expected == self.actual:
            return
        old, new = self.expected.splitlines(), self.actual.splitlines()
        yield ""
        yield "  --- the example says"
        yield "  +++ QEMU says"
        for line in list(difflib.unified_diff(old, new, lineterm="", n=3))[3:]:
            yield f"  {line}"


class StepError(BlockdocError):
    """A step of an example does not hold."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message, problem.place)
        self.problem = problem
        #: The tail of what QEMU printed, if it printed anything.
        self.last_words = ""

    def __str__(self) -> str:
        return f"{self.problem}{self.last_words}"
