# SPDX-License-Identifier: GPL-2.0-or-later
"""Puts a message right: the fewest edits that make it match QEMU's.

::

    revise(pattern, actual, captures) ──► edits ──apply_edits(text, edits)──► text

What the author wrote stays as it stands wherever it still holds: the layout,
the order of members, gaps and captures.

==================  ==========================================================
it is               so
==================  ==========================================================
another scalar      the new one replaces it in place
another container   its entries are revised, each by itself
of another type     the new value, in canonical layout, replaces it
no longer there     it goes, with its comma
not yet there       it follows the last entry, on that line or on its own,
                    as the container has it
==================  ==========================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from blockdoc.transcript.compare import align, compare, ignored, step
from blockdoc.transcript.exact import find_captures
from blockdoc.transcript.layout import WIDTH, format_member, format_value
from blockdoc.transcript.model import Array, Member, Object, Pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from blockdoc.transcript.compare import Bound
    from blockdoc.transcript.model import Json

__all__ = ["Edit", "apply_edits", "revise"]


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the text between two offsets."""

    start: int
    end: int
    text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Make every edit, from the last to the first, so that offsets stay true."""
    limit = len(text)
    for edit in sorted(edits, reverse=True):
        if not 0 <= edit.start <= edit.end <= limit:
            message = f"edits overlap, or lie outside the text: {edit}"
            raise ValueError(message)
        text = text[: edit.start] + edit.text + text[edit.end :]
        limit = edit.start
    return text


def revise(pattern: Pattern, actual: Json, captures: Mapping[str, Json]) -> tuple[Edit, ...]:
    """List the edits to the fence's text after which the message matches."""
    if find_captures(pattern, actual, dict(captures)) is not None:
        return ()
    return tuple(sorted(_revise(pattern, actual, "", dict(captures))))


def _revise(pattern: Pattern, actual: Json, pointer: str, bound: Bound) -> Iterator[Edit]:
    """Revise one value."""
    match pattern:
        case Object() if isinstance(actual, Mapping):
            yield from _revise_object(pattern, actual, pointer, bound)
        case Array() if isinstance(actual, list):
            yield from _revise_array(pattern, actual, pointer, bound)
        case _ if compare(pattern, actual, pointer, bound):
            column = pattern.source.column(pattern.start)
            yield Edit(pattern.start, pattern.end, format_value(actual, column))


def _revise_object(
    pattern: Object, actual: Mapping[str, Json], pointer: str, bound: Bound
) -> Iterator[Edit]:
    """Revise the members that stay, drop those that went, add those that came."""
    skip = ignored(pattern, pointer)
    known = skip.union(member.key for member in pattern.members)
    for member in pattern.members:
        if member.key in actual and member.key not in skip:
            here = step(pointer, member.key)
            yield from _revise(member.value, actual[member.key], here, bound)
    gone = {
        index
        for index, entry in enumerate(pattern.entries)
        if isinstance(entry, Member) and entry.key not in skip and entry.key not in actual
    }
    came = [(key, value) for key, value in actual.items() if key not in known]
    yield from _rearrange(pattern, gone, [] if pattern.has_gap else came)


def _revise_array(
    pattern: Array, actual: list[Json], pointer: str, bound: Bound
) -> Iterator[Edit]:
    """Revise the elements that stay, drop those that went, add those that came."""
    pairs = align(pattern, actual, pointer, bound)
    came: list[_Arrival] = []
    lost: set[int] = set()
    for pair in pairs:
        if pair.entry is None and pair.index is not None:
            came.append((None, actual[pair.index]))
        elif pair.entry is not None and pair.index is None:
            lost.add(pair.entry.start)
        elif pair.entry is not None and pair.index is not None and pair.differences:
            here = step(pointer, pair.index)
            yield from _revise(pair.entry, actual[pair.index], here, bound)
    gone = {index for index, entry in enumerate(pattern.entries) if entry.start in lost}
    yield from _rearrange(pattern, gone, came)


#: A member that came, or an element, which has no key.
_Arrival: TypeAlias = tuple[str | None, "Json"]


def _rearrange(
    container: Object | Array, gone: set[int], came: Sequence[_Arrival]
) -> Iterator[Edit]:
    """Drop entries and add others at the end."""
    if not gone and not came:
        return
    kept = [index for index in range(len(container.entries)) if index not in gone]
    if not kept:
        yield _refill(container, came)
        return
    yield from _drop(container.entries, kept)
    last = container.entries[kept[-1]]
    text = "".join(_arrivals(container, last, came))
    if text or kept[-1] != len(container.entries) - 1:
        yield Edit(last.end, container.entries[-1].end, text)


def _drop(entries: Sequence[Member | Pattern], kept: Sequence[int]) -> Iterator[Edit]:
    """Take out what stood before or between the entries that stay."""
    first = entries[kept[0]]
    if kept[0] > 0:
        yield Edit(entries[0].start, first.start, "")
    for before, after in pairwise(kept):
        if after - before > 1:
            yield Edit(entries[before].end, entries[after - 1].end, "")


def _refill(container: Object | Array, came: Sequence[_Arrival]) -> Edit:
    """Write the container anew, as none of its entries is left."""
    value: Json = (
        {str(key): part for key, part in came}
        if isinstance(container, Object)
        else [part for _, part in came]
    )
    column = container.source.column(container.start)
    return Edit(container.start, container.end, format_value(value, column))


def _arrivals(
    container: Object | Array, last: Member | Pattern, came: Sequence[_Arrival]
) -> Iterator[str]:
    """Write what came behind the last entry that stays, in the container's layout."""
    source = container.source
    indent = _indent_of(last, container.entries[0])
    column = source.column(last.end)
    stacked = _stands_alone(last)
    for arrival in came:
        text = _write(arrival, column + 2)
        if stacked or "\n" in text or column + 2 + len(text) + 2 > WIDTH:
            text = _write(arrival, len(indent))
            yield f",\n{indent}{text}"
            column = len(indent)
        else:
            yield f", {text}"
            column += 2
        column += len(text)


def _write(arrival: _Arrival, column: int) -> str:
    key, value = arrival
    if key is None:
        return format_value(value, column, tail=2)
    return format_member(key, value, column, tail=2)


def _stands_alone(entry: Member | Pattern) -> bool:
    """Say whether an entry begins its line."""
    source = entry.source
    return not source.text[source.line_start(entry.start) : entry.start].strip()


def _indent_of(last: Member | Pattern, first: Member | Pattern) -> str:
    """Indent as the last entry is, if it begins its line, else as the first."""
    entry = last if _stands_alone(last) else first
    source = entry.source
    before = source.text[source.line_start(entry.start) : entry.start]
    return "".join(char if char == "\t" else " " for char in before)
