# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads the text of a fence.

::

    transcript = { blank line | message | elision line }
    message    = ( "->" | "<-" ) blank value { continuation line }
    elision line = "..." | "... text ..."           at the start of a line

A message begins where a line begins with an arrow, and goes on up to the next
such line or elision line: indentation is the author's own affair.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from blockdoc.transcript.json_text import elision_text, read_value
from blockdoc.transcript.model import (
    Command,
    Elided,
    Elision,
    Event,
    Item,
    Object,
    Reply,
    Source,
    Transcript,
)
from blockdoc.transcript.scan import ELISION

if TYPE_CHECKING:
    from blockdoc.errors import Place

__all__ = ["parse_transcript"]

_START = re.compile(r"^(?:->|<-|\.\.\.)", re.MULTILINE)
_ARROW_WIDTH = 2
_EXPECTED = 'expected a message, a line that starts with "->" or "<-"'


def parse_transcript(text: str, place: Place) -> Transcript:
    """Read a fence whose first line of text is at ``place``."""
    source = Source(text, place)
    starts = [found.start() for found in _START.finditer(text)]
    _refuse_prose(source, 0, starts[0] if starts else len(text))
    spans = pairwise([*starts, len(text)])
    return Transcript(source, tuple(_read_item(source, start, end) for start, end in spans))


def _refuse_prose(source: Source, start: int, end: int) -> None:
    """Refuse anything but blanks where a message must begin."""
    found = re.compile(r"[^\n]*\S").search(source.text, start, end)
    if not found:
        return
    line = found[0].strip()
    if _START.match(line):
        message = f"`{line[:3].strip()}` must stand at the start of its line; remove the blanks"
    else:
        message = f"{_EXPECTED}, found `{line}`"
    raise source.error(found.end() - 1, message)


def _read_item(source: Source, start: int, end: int) -> Item:
    """Read one message or elision line."""
    if source.text.startswith("...", start):
        return _read_elision(source, start, end)
    return _read_message(source, start, end)


def _read_elision(source: Source, start: int, end: int) -> Elision:
    """Read ``...`` between messages."""
    found = ELISION.match(source.text, start, end)
    if not found:
        raise source.error(start, 'too many dots; an elision is "..." or "... text ..."')
    line = source.text[start:end].partition("\n")[0]
    if line.rstrip() != found[0]:
        message = f'expected "..." or "... text ..." alone on its line, found `{line.rstrip()}`'
        raise source.error(start, message)
    _refuse_prose(source, found.end(), end)
    return Elision(elision_text(found[0]), start, found.end(), source.line_at(start))


def _read_message(source: Source, start: int, end: int) -> Item:
    """Read an arrow and its value."""
    behind = start + _ARROW_WIDTH
    arrow = source.text[start:behind]
    if not source.text[behind : behind + 1].isspace():
        raise source.error(start, f'expected a blank and a JSON object after "{arrow}"')
    pattern = read_value(source, behind, end)
    if not isinstance(pattern, Object | Elided):
        message = f'a message is a JSON object; expected "{{" after "{arrow}"'
        raise source.error(pattern.start, message)
    kind = Command if arrow == "->" else _kind_of_answer(pattern)
    return kind(pattern, start, pattern.end, source.line_at(start))


def _kind_of_answer(pattern: Object | Elided) -> type[Reply | Event]:
    """Tell an event from a reply."""
    is_event = isinstance(pattern, Object) and pattern.get("event") is not None
    return Event if is_event else Reply
