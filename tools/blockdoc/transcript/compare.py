# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds a pattern against a value.

::

    compare(pattern, value, pointer, bound) ──► differences, in reading order
    align(array, values, pointer, bound)    ──► which element stands for which

``bound`` holds the captures; it grows as captures are met for the first time.

An array without a gap is compared element by element.  With gaps, what stands
before the first gap is held against the beginning, what stands behind the last
against the end, and each run between two gaps against the first place where it
fits: or, if it fits nowhere, against the place where it differs least.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from blockdoc.transcript.difference import Difference, show
from blockdoc.transcript.model import (
    Array,
    Capture,
    Elided,
    Json,
    Member,
    Object,
    Pattern,
    Scalar,
)

__all__ = ["Bound", "Pair", "align", "compare", "ignored", "runs_of", "same"]

#: Beyond this many trials in one array, runs that have not been found are missing.
MOST_TRIALS = 100_000

#: Captured values by name.
Bound: TypeAlias = dict[str, Json]


def compare(pattern: Pattern, actual: Json, pointer: str, bound: Bound) -> list[Difference]:
    """List the differences, and bind the captures that are met for the first time."""
    match pattern:
        case Elided():
            return []
        case Capture():
            return _compare_capture(pattern, actual, pointer, bound)
        case Object() if isinstance(actual, Mapping):
            return _compare_object(pattern, actual, pointer, bound)
        case Array() if isinstance(actual, list):
            pairs = align(pattern, actual, pointer, bound)
            return list(chain.from_iterable(pair.differences for pair in pairs))
        case Scalar() if same(pattern.value, actual):
            return []
    return [Difference("changed", pointer, pattern.start, show(pattern), actual)]


def same(left: Json, right: Json) -> bool:
    """Compare two values as JSON does: ``1`` is ``1.0``, but ``true`` is not ``1``."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return isinstance(left, bool) is isinstance(right, bool) and left == right


def ignored(pattern: Object, pointer: str) -> frozenset[str]:
    """Name the members that are never compared: a timestamp differs in every run."""
    is_event = not pointer and pattern.get("event") is not None
    return frozenset({"timestamp"}) if is_event else frozenset()


def step(pointer: str, key: str | int) -> str:
    """Extend a JSON pointer."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _compare_capture(
    capture: Capture, actual: Json, pointer: str, bound: Bound
) -> list[Difference]:
    """Bind a name, or hold its value against this one."""
    if same(bound.setdefault(capture.name, actual), actual):
        return []
    expected = f"{show(capture)} = {show(bound[capture.name])}"
    return [Difference("changed", pointer, capture.start, expected, actual)]


def _compare_object(
    pattern: Object, actual: Mapping[str, Json], pointer: str, bound: Bound
) -> list[Difference]:
    """Compare members by name: first the author's, then those of QEMU alone."""
    skip = ignored(pattern, pointer)
    found: list[Difference] = []
    for member in pattern.members:
        if member.key not in skip:
            found += _compare_member(member, actual, step(pointer, member.key), bound)
    if not pattern.has_gap:
        known = skip.union(member.key for member in pattern.members)
        found += (
            Difference("unexpected", step(pointer, key), pattern.end - 1, None, value)
            for key, value in actual.items()
            if key not in known
        )
    return found


def _compare_member(
    member: Member, actual: Mapping[str, Json], pointer: str, bound: Bound
) -> list[Difference]:
    if member.key in actual:
        return compare(member.value, actual[member.key], pointer, bound)
    return [Difference("missing", pointer, member.start, show(member.value), None)]


@dataclass(frozen=True, slots=True)
class Pair:
    """An element of the author's, the element of QEMU's that it stands for, or one alone."""

    entry: Pattern | None
    index: int | None
    differences: tuple[Difference, ...]


def align(array: Array, actual: list[Json], pointer: str, bound: Bound) -> list[Pair]:
    """Say which element stands for which, gaps left out."""
    return list(_Aligner(array, actual, pointer, bound).pairs())


class _Aligner:
    """One array, held against one list."""

    def __init__(self, array: Array, actual: list[Json], pointer: str, bound: Bound) -> None:
        self._array = array
        self._actual = actual
        self._pointer = pointer
        self._bound = bound
        #: How many more elements are tried while a place for a run is searched.
        self._left = MOST_TRIALS

    def pairs(self) -> Iterator[Pair]:
        """Pair the elements, in the author's order."""
        runs = runs_of(self._array)
        if len(runs) == 1:
            yield from self._in_step(runs[0], 0, len(self._actual))
            yield from self._unexpected(len(runs[0]))
            return
        first, *middle, last = runs
        yield from self._in_step(first, 0, len(self._actual))
        position = min(len(first), len(self._actual))
        end = max(position, len(self._actual) - len(last))
        for run in middle:
            found = self._search(run, position, end)
            yield from found or self._missing(run)
            if found:
                position = (found[-1].index or 0) + 1
        yield from self._in_step(last, end, len(self._actual))

    def _in_step(self, run: list[Pattern], start: int, end: int) -> Iterator[Pair]:
        """Pair a run with the elements from ``start`` on."""
        for index, entry in enumerate(run, start):
            yield (
                self._pair(entry, index, self._bound)
                if index < end
                else self._alone(entry, step(self._pointer, index))
            )

    def _pair(self, entry: Pattern, index: int, bound: Bound) -> Pair:
        pointer = step(self._pointer, index)
        found = compare(entry, self._actual[index], pointer, bound)
        return Pair(entry, index, tuple(found))

    def _missing(self, run: list[Pattern]) -> Iterator[Pair]:
        return (self._alone(entry, step(self._pointer, "-")) for entry in run)

    def _alone(self, entry: Pattern, pointer: str) -> Pair:
        lost = Difference("missing", pointer, entry.start, show(entry), None, in_array=True)
        return Pair(entry, None, (lost,))

    def _unexpected(self, start: int) -> Iterator[Pair]:
        """Report QEMU's elements that the author has none for."""
        for index in range(start, len(self._actual)):
            pointer = step(self._pointer, index)
            offset = self._array.end - 1
            value = self._actual[index]
            extra = Difference("unexpected", pointer, offset, None, value, in_array=True)
            yield Pair(None, index, (extra,))

    def _search(self, run: list[Pattern], start: int, end: int) -> list[Pair] | None:
        """Find where a run fits, or where it fits best and something of it still holds."""
        best: _Fit | None = None
        captures = any(map(_has_capture, run))
        leaves = sum(map(_leaves, run))
        for index in range(start, end - len(run) + 1):
            if self._left <= 0 or (best and not best.count):
                break
            bound = dict(self._bound) if captures else self._bound
            fit = self._try(run, index, bound, best.count if best else None)
            if fit is not None and (not fit.count or fit.lost < leaves):
                best = fit
        if best is None:
            return None
        self._bound.update(best.bound)
        return best.pairs

    def _try(
        self, run: list[Pattern], start: int, bound: Bound, fewest: int | None
    ) -> _Fit | None:
        """Hold a run against one place; None if there are not fewer differences."""
        fit = _Fit([], bound)
        for index, entry in enumerate(run, start):
            self._left -= 1
            pair = self._pair(entry, index, bound)
            fit.pairs.append(pair)
            fit.count += len(pair.differences)
            fit.lost += sum(it.kind != "unexpected" for it in pair.differences)
            if fewest is not None and fit.count >= fewest:
                return None
        return fit


@dataclass(slots=True)
class _Fit:
    """A run at one place."""

    pairs: list[Pair]
    #: The captures, with those that it binds.
    bound: Bound
    #: How many differences there are, and how many of them the author sees go.
    count: int = 0
    lost: int = 0


def runs_of(array: Array) -> list[list[Pattern]]:
    """Cut the entries into runs without gaps."""
    runs: list[list[Pattern]] = [[]]
    for entry in array.entries:
        if isinstance(entry, Elided):
            runs.append([])
        else:
            runs[-1].append(entry)
    return runs


def _has_capture(pattern: Pattern) -> bool:
    match pattern:
        case Capture():
            return True
        case Object():
            return any(_has_capture(member.value) for member in pattern.members)
        case Array():
            return any(map(_has_capture, pattern.entries))
    return False


def _leaves(pattern: Pattern) -> int:
    """Count what a pattern can differ in."""
    match pattern:
        case Object():
            return sum(_leaves(member.value) for member in pattern.members) or 1
        case Array():
            return sum(map(_leaves, pattern.entries)) or 1
        case Elided():
            return 0
    return 1
