# SPDX-License-Identifier: GPL-2.0-or-later
"""What did not hold: a finding, with all that its reader needs."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from blockdoc.errors import BlockdocError, Place, readable
from blockdoc.plural import counted

__all__ = ["Problem", "StepError"]

#: Texts of more lines are not compared line by line: that would take too long.
MOST_COMPARED = 4000
#: No more lines of a difference are shown.
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """One place of an example where QEMU did something else."""

    place: Place
    #: What is wrong, in a sentence or more.
    message: str
    #: The author's text of the message or the graph, and the text that would hold.
    expected: str = ""
    actual: str = ""
    #: What else its reader should know, a line each: what filters replaced.
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        notes = [f"  {note}" for note in self.notes]
        head = f"{self.place}: {readable(self.message)}"
        return "\n".join([head, *map(readable, self.diff()), *notes])

    def diff(self) -> Iterator[str]:
        """Yield the change that `record` would make."""
        if self.expected == self.actual:
            return
        old, new = self.expected.splitlines(), self.actual.splitlines()
        yield ""
        yield "  --- the example says"
        yield "  +++ QEMU says"
        if len(old) + len(new) > MOST_COMPARED:
            yield f"  … {len(old)} and {counted(len(new), 'line')}"
            return
        lines = list(difflib.unified_diff(old, new, lineterm="", n=3))[3:]
        yield from (f"  {line}" for line in lines[:MOST_SHOWN])
        if len(lines) > MOST_SHOWN:
            yield f"  … {counted(len(lines) - MOST_SHOWN, 'more line')}"


class StepError(BlockdocError):
    """A step of an example does not hold."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message, problem.place)
        self.problem = problem
        #: The tail of what QEMU printed, if it printed anything.
        self.last_words = ""

    def __str__(self) -> str:
        return f"{self.problem}{readable(self.last_words)}"
