# SPDX-License-Identifier: GPL-2.0-or-later
"""What a transcript is made of.

::

    Transcript
     └── Item: Command │ Reply │ Event │ Elision        a message, or "..." between them
          └── Pattern: Object │ Array │ Scalar │ Capture │ Elided

A pattern is JSON as its author wrote it, with gaps.  Every part knows its
place in the text (``start`` and ``end``, offsets into the fence), so that a
difference can be pointed at and an answer can be written back without ever
searching for text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from blockdoc.errors import AuthorError, Place

__all__ = [
    "Array",
    "Capture",
    "Command",
    "Elided",
    "Elision",
    "Event",
    "Item",
    "Json",
    "Member",
    "Object",
    "Pattern",
    "Reply",
    "Scalar",
    "Source",
    "Transcript",
    "strings_of",
]

#: A JSON value, as ``json.loads`` makes it.
Json: TypeAlias = "bool | int | float | str | list[Json] | Mapping[str, Json] | None"


def strings_of(value: Json, member: str) -> Iterator[str]:
    """Yield the strings that members of this name have in `value`, at any depth."""
    if isinstance(value, Mapping):
        told = value.get(member)
        if isinstance(told, str):
            yield told
        for it in value.values():
            yield from strings_of(it, member)
    elif isinstance(value, list):
        for it in value:
            yield from strings_of(it, member)


@dataclass(frozen=True)
class Source:
    """The text of one fence, and where it comes from."""

    #: The fence's text, without the fence.
    text: str
    #: The place of its first line.
    place: Place

    @cached_property
    def _line_starts(self) -> tuple[int, ...]:
        breaks = (offset + 1 for offset, char in enumerate(self.text) if char == "\n")
        return (0, *breaks)

    def line_start(self, offset: int) -> int:
        """Find where the line of an offset begins."""
        return self._line_starts[bisect_right(self._line_starts, offset) - 1]

    def column(self, offset: int) -> int:
        """Count the characters before an offset on its line."""
        return offset - self.line_start(offset)

    def line_at(self, offset: int) -> int:
        """Give the line of an offset, as the file counts lines."""
        return self.place.line + bisect_right(self._line_starts, offset) - 1

    def place_at(self, offset: int) -> Place:
        """Name the place of an offset."""
        return Place(self.place.path, self.line_at(offset))

    def error(self, offset: int, message: str) -> AuthorError:
        """Make an error that points at an offset."""
        return AuthorError(message, self.place_at(offset))


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the text."""

    #: The text it is part of.
    source: Source = field(repr=False, compare=False)
    #: Offset of its first character.
    start: int
    #: Offset behind its last character.
    end: int


@dataclass(frozen=True, slots=True)
class Scalar(_Part):
    """A string, a number, ``true``, ``false`` or ``null``."""

    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Capture(_Part):
    """``<name>``: any value the first time, the same value ever after."""

    name: str


@dataclass(frozen=True, slots=True)
class Elided(_Part):
    """``...`` or ``... text ...``: what the author leaves out."""

    #: The text between the dots, or nothing.
    text: str


@dataclass(frozen=True, slots=True)
class Member(_Part):
    """One ``"key": value`` of an object."""

    key: str
    value: Pattern


@dataclass(frozen=True, slots=True)
class Object(_Part):
    """``{ … }``: members in the author's order, and gaps."""

    entries: tuple[Member | Elided, ...]

    @property
    def members(self) -> tuple[Member, ...]:
        """The members alone."""
        return tuple(entry for entry in self.entries if isinstance(entry, Member))

    @property
    def has_gap(self) -> bool:
        """Whether other members may be there."""
        return any(isinstance(entry, Elided) for entry in self.entries)

    def get(self, key: str) -> Pattern | None:
        """Find the value of a member."""
        return next((entry.value for entry in self.members if entry.key == key), None)


@dataclass(frozen=True, slots=True)
class Array(_Part):
    """``[ … ]``: elements in order; a gap stands for any number of them."""

    entries: tuple[Pattern, ...]


#: What the author wrote where QEMU has a JSON value.
Pattern: TypeAlias = Object | Array | Scalar | Capture | Elided


@dataclass(frozen=True, slots=True)
class _Message:
    """One message: an arrow and a pattern."""

    pattern: Object | Elided
    #: Offset of the arrow.
    start: int
    #: Offset behind the message.
    end: int
    #: The arrow's line in the file.
    line: int


@dataclass(frozen=True, slots=True)
class Command(_Message):
    """``->``: what the client sends."""


@dataclass(frozen=True, slots=True)
class Reply(_Message):
    """``<-``: the answer to a command."""


@dataclass(frozen=True, slots=True)
class Event(_Message):
    """``<-`` with a member ``event``: what QEMU says unasked."""

    @property
    def name(self) -> str | None:
        """The event's name, if the author wrote it."""
        named = self.pattern.get("event") if isinstance(self.pattern, Object) else None
        return (
            named.value if isinstance(named, Scalar) and isinstance(named.value, str) else None
        )


@dataclass(frozen=True, slots=True)
class Elision:
    """``...`` at the start of a line: other events may arrive here."""

    #: The text between the dots, or nothing.
    text: str
    start: int
    end: int
    line: int

    @property
    def pattern(self) -> None:
        """Nothing: an elision is not a message."""
        return


#: What stands between two blank lines, so to speak.
Item: TypeAlias = Command | Reply | Event | Elision


@dataclass(frozen=True, slots=True)
class Transcript:
    """The messages of one fence, in the order they were written."""

    source: Source
    items: tuple[Item, ...]

    def line_at(self, offset: int) -> int:
        """Give the line of an offset, as the file counts lines."""
        return self.source.line_at(offset)

    def place_at(self, offset: int) -> Place:
        """Name the place of an offset."""
        return self.source.place_at(offset)
