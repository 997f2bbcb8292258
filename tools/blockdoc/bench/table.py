# SPDX-License-Identifier: GPL-2.0-or-later
"""Medians, their ratios, and how they are shown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

__all__ = ["Row", "render", "ratios"]


@dataclass(frozen=True, slots=True)
class Row:
    """How long one example took each way: every run, in seconds, in the order of runs."""

    path: str
    times: Mapping[str, Sequence[float]]

    def median(self, way: str) -> float:
        """Return the middle one of the times, in seconds."""
        return median(self.times[way])


def ratios(rows: Sequence[Row], way: str, other: str) -> tuple[float, float]:
    """Return how much longer `way` takes than `other`.

    The first figure is that of all examples together (sums of medians), the second is the
    median over examples of the median of paired runs.
    """
    together = sum(row.median(way) for row in rows) / sum(row.median(other) for row in rows)
    paired = (
        median(mine / its for mine, its in zip(row.times[way], row.times[other], strict=True))
        for row in rows
    )
    return together, median(paired)


def render(rows: Sequence[Row], ways: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a table: milliseconds."""
    yield "".join(f"{way:>9}" for way in ways) + "   example"
    for row in sorted(rows, key=lambda it: it.path):
        yield "".join(f"{row.median(way) * 1e3:9.1f}" for way in ways) + f"   {row.path}"
    yield (
        "".join(f"{sum(row.median(way) for row in rows) * 1e3:9.1f}" for way in ways) + "   all"
    )
