# SPDX-License-Identifier: GPL-2.0-or-later
"""Where two transcripts differ: what a reader of alternatives has to look at.

::

    contrast(left, right) ──► parts of each text that the other does not have

A part is as small as it can be and still be JSON: a member, an element, or a whole
message.  What stands where the other has a gap is a difference too: who writes
alternatives writes what they are about.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from blockdoc.transcript.compare import same
from blockdoc.transcript.difference import show
from blockdoc.transcript.model import (
    Array,
    Elided,
    Elision,
    Item,
    Member,
    Object,
    Pattern,
    Scalar,
    Transcript,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Span", "contrast"]

#: Offsets into the text of a fence: where a part begins, and where it has ended.
Span: TypeAlias = tuple[int, int]
#: Parts of the left text, parts of the right one.
_Parts: TypeAlias = tuple[list[Span], list[Span]]
_Placed: TypeAlias = Item | Member | Pattern
_T = TypeVar("_T")


def contrast(left: Transcript, right: Transcript) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return the parts of `left` and of `right` in which they differ, in reading order."""
    parts: _Parts = ([], [])
    for one, other in _align(left.items, right.items, _message_key):
        if one is None or other is None or not _alike(one, other):
            _mark(parts, one, other)
        elif one.pattern is not None and other.pattern is not None:
            _patterns(one.pattern, other.pattern, parts)
    return tuple(sorted(parts[0])), tuple(sorted(parts[1]))


def _align(
    left: Sequence[_T], right: Sequence[_T], key: Callable[[_T], str]
) -> Iterator[tuple[_T | None, _T | None]]:
    """Pair what is equal, and what stands between equals in its order."""
    keys = [key(it) for it in left], [key(it) for it in right]
    matcher = SequenceMatcher(None, *keys, autojunk=False)
    for _, start, end, start2, end2 in matcher.get_opcodes():
        yield from zip_longest(left[start:end], right[start2:end2])


def _message_key(item: Item) -> str:
    kind = type(item).__name__
    return f"{kind} {show(item.pattern)}" if item.pattern is not None else kind


def _alike(one: Item, other: Item) -> bool:
    """Say whether two messages are worth a comparison of their members."""
    if isinstance(one, Elision) or isinstance(other, Elision):
        return type(one) is type(other)
    names = [
        it.pattern.get("event") if isinstance(it.pattern, Object) else None
        for it in (one, other)
    ]
    return type(one) is type(other) and _says(names[0]) == _says(names[1])


def _says(pattern: Pattern | None) -> str:
    return "" if pattern is None else show(pattern)


def _mark(parts: _Parts, one: _Placed | None, other: _Placed | None) -> None:
    for spans, it in zip(parts, (one, other), strict=True):
        if it is not None:
            spans.append((it.start, it.end))


def _patterns(one: Pattern, other: Pattern, parts: _Parts) -> None:
    """Compare two values."""
    match one, other:
        case Object(), Object():
            _objects(one, other, parts)
        case Array(), Array():
            _arrays(one, other, parts)
        case Scalar(), Scalar() if same(one.value, other.value):
            pass
        case _ if show(one) != show(other):
            _mark(parts, one, other)


def _objects(one: Object, other: Object, parts: _Parts) -> None:
    left = {member.key: member for member in one.members}
    right = {member.key: member for member in other.members}
    for key in left.keys() | right.keys():
        here, there = left.get(key), right.get(key)
        if here is not None and there is not None:
            _members(here, there, parts)
        else:
            _mark(parts, here, there)


def _members(one: Member, other: Member, parts: _Parts) -> None:
    """Compare members of one name; where their values have no parts, both are marked whole."""
    inner: _Parts = ([], [])
    _patterns(one.value, other.value, inner)
    if inner[0][:1] == [(one.value.start, one.value.end)]:
        _mark(parts, one, other)
    else:
        parts[0].extend(inner[0])
        parts[1].extend(inner[1])


def _arrays(one: Array, other: Array, parts: _Parts) -> None:
    for here, there in _align(_elements(one), _elements(other), show):
        if here is not None and there is not None:
            _patterns(here, there, parts)
        else:
            _mark(parts, here, there)


def _elements(array: Array) -> list[Pattern]:
    return [entry for entry in array.entries if not isinstance(entry, Elided)]
