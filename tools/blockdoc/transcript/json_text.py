# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads JSON with gaps, and remembers where everything stood.

::

    value    = object | array | string | number | "true" | "false" | "null"
             | capture | elision
    object   = "{" [ entry { separator entry } ] "}"      entry = member | elision
    member   = string ":" value
    array    = "[" [ value { separator value } ] "]"
    separator = ","            may be left out beside an elision

The rest is what QEMU's own parser takes, strings in single quotes included;
see `blockdoc.transcript.scan` for the words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from blockdoc.transcript.model import Array, Capture, Elided, Member, Object, Pattern, Scalar
from blockdoc.transcript.nesting import MAX_NESTING, make_room
from blockdoc.transcript.scan import (
    ELISION,
    Token,
    decode_number,
    decode_string,
    next_token,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from blockdoc.transcript.model import Source

__all__ = ["elision_text", "read_value"]

_Entry = TypeVar("_Entry", bound=Member | Pattern)

_WORDS = {"true": True, "false": False, "null": None}
_HINTS = {"True": "true", "False": "false", "None": "null", "nil": "null", "undefined": "null"}
_CLOSERS = {"{": "}", "[": "]"}


def read_value(source: Source, start: int, end: int) -> Pattern:
    """Read the one value that stands between two offsets."""
    reader = _Reader(source, start, end)
    value = reader.value()
    if reader.token.kind != "end":
        raise source.error(
            reader.token.start, f"the message ends before {reader.token}; {_AFTER}"
        )
    return value


_AFTER = 'expected the next message, on a line of its own that starts with "->" or "<-"'


def elision_text(elision: str) -> str:
    """Take the text from between the dots."""
    found = ELISION.fullmatch(elision)
    return ((found and found["text"]) or "").strip()


class _Reader:
    """One walk over the text of one value."""

    def __init__(self, source: Source, start: int, end: int) -> None:
        self._source = source
        self._end = end
        self._depth = 0
        self.token = next_token(source, start, end)

    def _advance(self) -> Token:
        """Step over the current token and return it."""
        token = self.token
        self.token = next_token(self._source, token.end, self._end)
        return token

    def value(self) -> Pattern:
        """Read any value."""
        if self.token.text == "{" and self.token.kind == "punct":
            return self._object()
        if self.token.text == "[" and self.token.kind == "punct":
            return self._array()
        if self.token.kind in ("punct", "end"):
            message = f"expected a value, found {self.token}"
            raise self._error(self.token, message + self._end_hint())
        return self._leaf(self._advance())

    def _leaf(self, token: Token) -> Pattern:
        """Make a value of one token."""
        where = (self._source, token.start, token.end)
        match token.kind:
            case "string":
                return Scalar(*where, decode_string(self._source, token))
            case "number":
                return Scalar(*where, decode_number(self._source, token))
            case "capture":
                return Capture(*where, token.text[1:-1])
            case "elision":
                return Elided(*where, elision_text(token.text))
        if token.text not in _WORDS:
            raise self._error(token, _unknown_word(token.text))
        return Scalar(*where, _WORDS[token.text])

    def _object(self) -> Object:
        """Read ``{ … }``."""
        entries: list[Member | Elided] = []
        lines: dict[str, int] = {}

        def entry() -> Member | Elided:
            if self.token.kind == "elision":
                token = self._advance()
                return Elided(self._source, token.start, token.end, elision_text(token.text))
            member = self._member()
            self._check_new(member, lines)
            return member

        start, end = self._container(entry, entries)
        return Object(self._source, start, end, tuple(entries))

    def _array(self) -> Array:
        """Read ``[ … ]``."""
        entries: list[Pattern] = []
        start, end = self._container(self.value, entries)
        return Array(self._source, start, end, tuple(entries))

    def _member(self) -> Member:
        """Read ``"key": value``."""
        if self.token.kind != "string":
            message = f'expected a member, `"name": value`, or `...`, found {self.token}'
            raise self._error(self.token, message)
        key = self._advance()
        if self.token.text != ":":
            message = f'expected ":" and a value after the name {key}, found {self.token}'
            raise self._error(self.token, message)
        self._advance()
        value = self.value()
        return Member(
            self._source, key.start, value.end, decode_string(self._source, key), value
        )

    def _check_new(self, member: Member, lines: dict[str, int]) -> None:
        """Refuse a second member of one name."""
        line = self._source.line_at(member.start)
        if member.key in lines:
            message = (
                f'member "{member.key}" stands twice in one object, '
                f"first on line {lines[member.key]}; keep one"
            )
            raise self._source.error(member.start, message)
        lines[member.key] = line

    def _container(self, read: Callable[[], _Entry], entries: list[_Entry]) -> tuple[int, int]:
        """Read entries up to the bracket that closes this one."""
        opening = self._open()
        closing = _CLOSERS[opening.text]
        comma: Token | None = None
        while not self._at_close(opening, closing):
            if entries and not comma and not self._may_touch(entries[-1]):
                raise self._error(
                    self.token, f'expected "," or "{closing}" before {self.token}'
                )
            entries.append(read())
            comma = self._advance() if self.token.text == "," else None
        if comma:
            raise self._error(comma, f'no "," may stand before "{closing}"; remove it')
        self._depth -= 1
        return opening.start, self._advance().end

    def _open(self) -> Token:
        """Go one level deeper."""
        opening = self._advance_into()
        if self._depth > MAX_NESTING:
            message = f"JSON is nested deeper than the {MAX_NESTING} levels that QEMU reads"
            raise self._error(opening, message)
        make_room(self._depth)
        return opening

    def _advance_into(self) -> Token:
        self._depth += 1
        return self._advance()

    def _at_close(self, opening: Token, closing: str) -> bool:
        """Say whether the container ends here."""
        if self.token.kind == "end":
            message = f'"{opening.text}" is never closed; expected "{closing}" before the end'
            raise self._error(opening, message + " of the message" + self._end_hint())
        if self.token.kind != "punct" or self.token.text not in "}]":
            return False
        if self.token.text != closing:
            line = self._source.line_at(opening.start)
            message = (
                f'"{self.token.text}" cannot close the "{opening.text}" of line {line}; '
                f'expected "{closing}"'
            )
            raise self._error(self.token, message)
        return True

    def _end_hint(self) -> str:
        """Explain an end that the author did not see."""
        if self.token.kind == "end" and self._source.text.startswith("...", self._end):
            return ', which "..." at the start of a line ends; inside a message, indent it'
        return ""

    def _may_touch(self, previous: Member | Pattern) -> bool:
        """Say whether the comma may be left out here."""
        return isinstance(previous, Elided) or self.token.kind == "elision"

    def _error(self, token: Token, message: str) -> Exception:
        at = token.start if token.kind != "end" else self._last_line_end()
        return self._source.error(at, message)

    def _last_line_end(self) -> int:
        """Point at the end of what was written, not at blank lines behind it."""
        return max(len(self._source.text[: self._end].rstrip()) - 1, 0)


def _unknown_word(word: str) -> str:
    """Say what is wrong with a bare word."""
    if word in _HINTS:
        return f"`{word}` is not JSON; write {_HINTS[word]}"
    return f"`{word}` is not JSON; put it in quotes if it is a string"
