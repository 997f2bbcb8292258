# SPDX-License-Identifier: GPL-2.0-or-later
"""One thing in which QEMU's answer is not what the author wrote.

==========  ==================================  ============================
kind        what it is                          where it points in the text
==========  ==================================  ============================
missing     a member or an element is gone      the member, the element
unexpected  there is one more                   the bracket that closes
changed     a value is another                  the value
==========  ==================================  ============================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from blockdoc.transcript.layout import one_line
from blockdoc.transcript.model import Array, Capture, Elided, Object, Scalar

if TYPE_CHECKING:
    from blockdoc.transcript.model import Json, Member, Pattern

__all__ = ["Difference", "show"]

#: Longer values are cut in a sentence; the whole of them is in the diff beside it.
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference; ``str()`` is a sentence."""

    kind: Literal["missing", "unexpected", "changed"]
    #: JSON pointer into the message; an element that was found nowhere is ``-``.
    pointer: str
    #: Offset into the fence's text.
    offset: int
    #: What the author wrote, on one line; None if nothing.
    expected: str | None
    #: What QEMU answered; None if nothing, or if it answered null.
    actual: Json
    #: Whether an element of an array is missing or unexpected, not a member of an object.
    in_array: bool = False

    def __str__(self) -> str:
        if self.kind == "changed":
            return (
                f"{self.pointer or '/'}: expected {_cut(self.expected or '')}, "
                f"got {_cut(one_line(self.actual))}"
            )
        parent, _, last = self.pointer.rpartition("/")
        what = self._name(last.replace("~1", "/").replace("~0", "~"))
        if self.kind == "missing":
            return f"{parent or '/'}: {what} is missing from QEMU's answer"
        return f"{parent or '/'}: {what} is not in the example: {_cut(one_line(self.actual))}"

    def _name(self, last: str) -> str:
        """Name the member or the element."""
        if not self.in_array:
            return f"member {one_line(last)}"
        if self.kind == "missing":
            return f"element {_cut(self.expected or '')}"
        return f"element {last}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def show(pattern: Pattern | Json) -> str:
    """Write a pattern or a value on one line."""
    match pattern:
        case Scalar():
            return one_line(pattern.value)
        case Capture():
            return f"<{pattern.name}>"
        case Elided():
            return f"... {pattern.text} ..." if pattern.text else "..."
        case Object():
            return _join("{", [_show_entry(entry) for entry in pattern.entries], "}")
        case Array():
            return _join("[", [show(entry) for entry in pattern.entries], "]")
    return one_line(pattern)


def _show_entry(entry: Member | Elided) -> str:
    if isinstance(entry, Elided):
        return show(entry)
    return f"{one_line(entry.key)}: {show(entry.value)}"


def _join(opening: str, parts: list[str], closing: str) -> str:
    return f"{opening} {', '.join(parts)} {closing}" if parts else opening + closing
