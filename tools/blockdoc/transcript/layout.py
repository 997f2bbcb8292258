# SPDX-License-Identifier: GPL-2.0-or-later
"""How a JSON value is laid out in a fence.

On one line if it fits, else one entry per line, aligned behind the bracket::

    <- { "event": "BLOCK_JOB_READY",
         "data": { "type": "commit", "device": "commit0", "len": 67108864,
                   … } }

What is aligned far to the right would leave no room; it hangs instead::

    "image": {
      "filename": "top.qcow2",
      "backing-image": …
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from blockdoc.transcript.nesting import make_room

if TYPE_CHECKING:
    from blockdoc.transcript.model import Json

__all__ = ["WIDTH", "format_member", "format_message", "format_value", "one_line"]

#: Columns of a line.
WIDTH = 90
#: Beyond this part of a line nothing is aligned any more.
_ALIGN_UP_TO = 0.5


def format_message(arrow: Literal["->", "<-"], value: Json, width: int = WIDTH) -> str:
    """Lay out one message; an event's timestamp is left out, as it is never compared."""
    indent = len(arrow) + 1
    return f"{arrow} {format_value(_without_timestamp(value), indent, width)}"


def _without_timestamp(value: Json) -> Json:
    """Drop what differs in every run."""
    if not isinstance(value, Mapping) or "event" not in value:
        return value
    return {key: part for key, part in value.items() if key != "timestamp"}


def format_member(key: str, value: Json, column: int, width: int = WIDTH, tail: int = 0) -> str:
    """Lay out ``"key": value`` that begins at ``column``."""
    head = f"{one_line(key)}: "
    return head + _layout(value, _Room(column + len(head), column, width, tail), 1)


def format_value(value: Json, column: int, width: int = WIDTH, tail: int = 0) -> str:
    """Lay out a value that begins at ``column``; ``tail`` more characters follow it."""
    return _layout(value, _Room(column, column, width, tail), 1)


def one_line(value: Json, depth: int = 1) -> str:
    """Lay out a value on one line, in ASCII, as QEMU prints strings."""
    if not value or not isinstance(value, Mapping | list):
        return json.dumps(value).replace("\x7f", "\\u007f")
    make_room(depth)
    if isinstance(value, Mapping):
        parts = [f"{one_line(key)}: {one_line(part, depth + 1)}" for key, part in value.items()]
        return _embrace("{", ", ".join(parts), "}")
    return _embrace("[", ", ".join(one_line(part, depth + 1) for part in value), "]")


def _embrace(opening: str, body: str, closing: str) -> str:
    return f"{opening} {body} {closing}"


class _Room:
    """The room that a value has: from ``column``, in lines that begin at ``indent``."""

    def __init__(self, column: int, indent: int, width: int, tail: int) -> None:
        self.column = column
        self.indent = indent
        self.width = width
        self.tail = tail

    def takes(self, length: int) -> bool:
        """Say whether a text fits on this line."""
        return self.column + length + self.tail <= self.width

    @property
    def hangs(self) -> bool:
        """Whether entries go below the line's beginning, not behind the bracket."""
        return self.column > self.width * _ALIGN_UP_TO and self.column > self.indent

    def inside(self, *, last: bool) -> _Room:
        """Give the room of an entry."""
        column = (self.indent if self.hangs else self.column) + 2
        return _Room(column, column, self.width, self.tail + 2 if last else 1)

    def after(self, head: str) -> _Room:
        """Give the room behind a member's name."""
        return _Room(self.column + len(head), self.indent, self.width, self.tail)


def _layout(value: Json, room: _Room, depth: int) -> str:
    """Lay out a value in its room."""
    make_room(depth)
    if (
        not value
        or not isinstance(value, Mapping | list)
        or room.takes(_width(value, room.width))
    ):
        return one_line(value)
    opening, closing = "{}" if isinstance(value, Mapping) else "[]"
    body = _fill(value, room) or _stack(value, room, depth)
    if room.hangs:
        first, end = " " * (room.indent + 2), " " * room.indent
        return f"{opening}\n{first}{body}\n{end}{closing}"
    return _embrace(opening, body, closing)


def _width(value: Json, most: int) -> int:
    """Return the length of a value on one line; if it is above `most`, some such length."""
    if not value or not isinstance(value, Mapping | list):
        return len(one_line(value))
    pairs = value.items() if isinstance(value, Mapping) else ((None, it) for it in value)
    length = len(_embrace("[", "", "]"))
    for number, (key, part) in enumerate(pairs):
        length += len(", ") if number else 0
        length += 0 if key is None else len(f"{one_line(key)}: ")
        if length > most:
            break
        length += _width(part, most - length)
    return length


def _stack(value: Mapping[str, Json] | list[Json], room: _Room, depth: int) -> str:
    """Lay out one entry per line."""
    items = value.items() if isinstance(value, Mapping) else [(None, part) for part in value]
    lines = []
    for index, (key, part) in enumerate(items, 1):
        inner = room.inside(last=index == len(value))
        head = "" if key is None else f"{one_line(key)}: "
        lines.append(head + _layout(part, inner.after(head), depth + 1))
    return (",\n" + " " * room.inside(last=False).column).join(lines)


def _fill(value: Mapping[str, Json] | list[Json], room: _Room) -> str | None:
    """Lay out an array of plain values, as many on a line as fit."""
    if isinstance(value, Mapping) or any(isinstance(part, Mapping | list) for part in value):
        return None
    inner = room.inside(last=True)
    lines = [one_line(value[0])]
    for part in value[1:]:
        text = one_line(part)
        if inner.takes(len(f"{lines[-1]}, {text}")):
            lines[-1] += f", {text}"
        else:
            lines.append(text)
    return (",\n" + " " * inner.column).join(lines)
