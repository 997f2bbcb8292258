# SPDX-License-Identifier: GPL-2.0-or-later
"""What became of each mutant."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from blockdoc.mutants.patch import Mutant

__all__ = ["Columns", "Row", "columns", "summary", "to_json"]


@dataclass(frozen=True, slots=True)
class Row:
    """One mutant: noticed, not noticed, or not tried at all."""

    name: str
    #: The first step that failed, and failed again on its own; empty: none.
    id: str
    #: Where it stands, `path:line`.
    place: str
    #: How long it took to build, in seconds.
    build: float
    #: How long the examples ran until that step had failed, or all had passed, in seconds.
    seconds: float
    #: Why it is known that nothing notices it.
    known: str = ""
    #: Why it was not tried.
    trouble: str = ""

    @property
    def noticed(self) -> bool:
        """Say whether an example failed."""
        return bool(self.id)

    @property
    def verdict(self) -> str:
        """What is to be told of it."""
        if self.trouble:
            return f"not tried: {self.trouble}"
        if self.noticed:
            return f"{self.place} {self.id.partition('::')[2]}"
        return f"not noticed: {self.known}" if self.known else "NOT NOTICED"


@dataclass(frozen=True, slots=True)
class Columns:
    """How wide the first column is."""

    width: int

    @property
    def head(self) -> str:
        """The line above the others; times are seconds."""
        return f"{'mutant':{self.width}}  build  examples  noticed by"

    def line(self, row: Row) -> str:
        """Return the line of a mutant."""
        times = f"{row.build:5.1f}  {row.seconds:8.1f}"
        return f"{row.name:{self.width}}  {times}  {row.verdict}"


def columns(mutants: Sequence[Mutant]) -> Columns:
    """Return a table's columns, for these mutants."""
    return Columns(max((len(it.name) for it in mutants), default=0))


def summary(rows: Sequence[Row]) -> str:
    """Say in one line how many were noticed, and how long that took."""
    tried = [row for row in rows if not row.trouble]
    times = [row.build + row.seconds for row in tried if row.noticed]
    line = f"{len(times)} of {len(tried)} noticed"
    if times:
        times.sort()
        line += f"; build and examples: median {times[len(times) // 2]:.1f} s, "
        line += f"longest {times[-1]:.1f} s"
    return line


def to_json(rows: Sequence[Row]) -> str:
    """Return the rows as a JSON text."""
    return json.dumps([{**asdict(row), "noticed": row.noticed} for row in rows], indent=1)
