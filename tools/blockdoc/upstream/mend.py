# SPDX-License-Identifier: GPL-2.0-or-later
"""Read JSON beyond a comma that is missing or too many.

::

    read_mended(source, start, end) ──► Mended(pattern, errors)

Each such comma is an error, and is put right in a copy of the text, without moving
anything: so the rest of the message is read, too, and can be checked.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from blockdoc.errors import AuthorError
from blockdoc.transcript import Pattern, Source, read_value

__all__ = ["Mended", "read_mended"]


@dataclass(frozen=True)
class _Tracking(Source):
    """A text that remembers where its errors are."""

    offsets: list[int] = field(default_factory=list, compare=False)

    def error(self, offset: int, message: str) -> AuthorError:
        """Make an error, and remember its offset."""
        self.offsets.append(offset)
        return super().error(offset, message)


@dataclass(frozen=True, slots=True)
class Mended:
    """What was read in spite of the errors; no pattern, if that could not be."""

    pattern: Pattern | None
    errors: tuple[AuthorError, ...]


def read_mended(source: Source, start: int, end: int) -> Mended:
    """Read the value between two offsets, past what can be mended."""
    errors: list[AuthorError] = []
    text, last = source.text, -1
    while True:
        tracking = _Tracking(text, source.place)
        try:
            return Mended(read_value(tracking, start, end), tuple(errors))
        except AuthorError as error:
            at = tracking.offsets[-1]
            if at > last:
                errors.append(error)
        mended = next(_mendings(text, at, start), None)
        if mended is None or at <= last:
            # What cannot be mended, or what the mending has made no better.
            return Mended(None, tuple(errors))
        text, last = mended, at


def _mendings(text: str, at: int, start: int) -> Iterator[str]:
    """Yield what the text may have been meant to be, offset for offset."""
    before, behind = text[start:at].rstrip(), text[at + 1 :].lstrip()
    if text[at] == "," and behind.startswith(("}", "]")):
        yield f"{text[:at]} {text[at + 1 :]}"
    elif text[at] in "\"'{[" and not before.endswith((",", ":", "{", "[")):
        blank = max(text.rfind(" ", 0, at), text.rfind("\t", 0, at))
        if blank >= start + len(before):
            yield f"{text[:blank]},{text[blank + 1 :]}"
