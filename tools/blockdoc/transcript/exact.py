# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds values for captures under which a message matches, where there is a choice.

::

    <- { "return": [ ..., { "name": <n>, "size": 0 }, ..., { "parent": <n> }, ... ] }

Which element is the first depends on what follows.  `blockdoc.transcript.compare` takes
the first that fits, and so can miss a match; here each that fits is tried.  There is
such a choice only where a capture stands in an array with gaps: a *hard* part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from blockdoc.transcript.compare import compare, ignored, runs_of
from blockdoc.transcript.model import Array, Capture, Elided, Object

if TYPE_CHECKING:
    from blockdoc.transcript.compare import Bound
    from blockdoc.transcript.model import Json, Pattern

__all__ = ["find_captures"]

#: After so many trials, or at such a depth of choices, the search is given up.
MOST_TRIALS = 20_000
DEEPEST = 100

_Pairs: TypeAlias = "Sequence[tuple[Pattern, Json]]"


class _GiveUpError(Exception):
    """There are too many choices."""


def find_captures(pattern: Pattern, actual: Json, bound: Bound) -> Bound | None:
    """Return captures under which `pattern` matches; None if there are none, or no choice.

    Where the search takes too long it is given up: None.
    """
    hard: set[int] = set()
    _mark(pattern, hard)
    if id(pattern) not in hard:
        return None
    try:
        return next(_Search(hard).value(pattern, actual, "", bound, 0), None)
    except _GiveUpError:
        return None


def _mark(pattern: Pattern, hard: set[int]) -> bool:
    """Collect the parts of `pattern` in which there is a choice; say if it has a capture."""
    if isinstance(pattern, Capture):
        return True
    if not isinstance(pattern, Object | Array):
        return False
    parts: list[Pattern]
    if isinstance(pattern, Object):
        parts = [member.value for member in pattern.members]
        gap = False
    else:
        parts = list(pattern.entries)
        gap = _has_gap(pattern)
    captures = [_mark(part, hard) for part in parts]
    if any(id(part) in hard for part in parts) or (gap and any(captures)):
        hard.add(id(pattern))
    return any(captures)


class _Search:
    """Yields, for a part of the message, each set of captures under which it matches."""

    def __init__(self, hard: set[int]) -> None:
        self._hard = hard
        self._trials = 0

    def value(
        self, pattern: Pattern, actual: Json, pointer: str, bound: Bound, depth: int
    ) -> Iterator[Bound]:
        self._trials += 1
        if self._trials > MOST_TRIALS or depth > DEEPEST:
            raise _GiveUpError
        if id(pattern) not in self._hard:
            trial = dict(bound)
            if not compare(pattern, actual, pointer, trial):
                yield trial
        elif isinstance(pattern, Object) and isinstance(actual, Mapping):
            yield from self._object(pattern, actual, pointer, bound, depth)
        elif isinstance(pattern, Array) and isinstance(actual, list):
            yield from self._array(pattern, actual, bound, depth)

    def _object(
        self,
        pattern: Object,
        actual: Mapping[str, Json],
        pointer: str,
        bound: Bound,
        depth: int,
    ) -> Iterator[Bound]:
        skip = ignored(pattern, pointer)
        members = [it for it in pattern.members if it.key not in skip]
        keys = {it.key for it in members}
        if keys <= actual.keys() and (pattern.has_gap or actual.keys() <= keys | skip):
            yield from self._all([(it.value, actual[it.key]) for it in members], bound, depth)

    def _all(self, pairs: _Pairs, bound: Bound, depth: int) -> Iterator[Bound]:
        """Yield the captures under which every pair matches; those without a choice first."""
        ordered = sorted(pairs, key=lambda pair: id(pair[0]) in self._hard)
        easy = sum(id(pattern) not in self._hard for pattern, _ in ordered)
        for pattern, actual in ordered[:easy]:
            found = next(self.value(pattern, actual, "/-", bound, depth), None)
            if found is None:
                return
            bound = found
        yield from self._each(ordered[easy:], bound, depth)

    def _each(self, pairs: _Pairs, bound: Bound, depth: int) -> Iterator[Bound]:
        if not pairs:
            yield bound
            return
        (pattern, actual), *others = pairs
        for found in self.value(pattern, actual, "/-", bound, depth + 1):
            yield from self._each(others, found, depth + 1)

    def _array(
        self, pattern: Array, actual: list[Json], bound: Bound, depth: int
    ) -> Iterator[Bound]:
        first, *middle = runs_of(pattern)
        last = middle.pop() if middle else []
        end = len(actual) - len(last)
        if len(first) > end or (len(first) < end and not _has_gap(pattern)):
            return
        fixed = [*zip(first, actual, strict=False), *zip(last, actual[end:], strict=True)]
        for found in self._all(fixed, bound, depth):
            yield from self._place(middle, actual[:end], len(first), found, depth)

    def _place(
        self,
        runs: Sequence[Sequence[Pattern]],
        actual: list[Json],
        start: int,
        bound: Bound,
        depth: int,
    ) -> Iterator[Bound]:
        """Try each place for the first run, and all others behind it."""
        if not runs:
            yield bound
            return
        run, *others = runs
        for index in range(start, len(actual) - len(run) + 1):
            pairs = list(zip(run, actual[index : index + len(run)], strict=True))
            for found in self._all(pairs, bound, depth + 1):
                yield from self._place(others, actual, index + len(run), found, depth + 1)
                if found == bound:  # it captured nothing: another place is no better
                    return


def _has_gap(pattern: Array) -> bool:
    return any(isinstance(entry, Elided) for entry in pattern.entries)
