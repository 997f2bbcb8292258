# SPDX-License-Identifier: GPL-2.0-or-later
"""A piece of QEMU's documentation that may show QMP."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import dedent
from typing import Literal

from blockdoc.errors import Place
from blockdoc.transcript import Source

__all__ = ["Snippet", "Style", "make_snippet", "says_abridged"]

#: ``strict``: QMP and nothing else; ``loose``: QMP among other things.
Style = Literal["strict", "loose"]
#: How QEMU's documentation says that an example is not whole.
_ABRIDGED = re.compile(r"\b(?:shortened|trimmed|abbreviated|abridged|truncated)\b")


@dataclass(frozen=True, slots=True)
class Snippet:
    """One example, or one literal block."""

    #: Its text; lines that are not of the example are blank.
    source: Source
    style: Style
    #: What it documents: the name of a command, an event or a type, if it is one's.
    owner: str | None = None
    #: Whether the text beside it says that something of it was left out.
    abridged: bool = False
    #: The title of the section in which it stands.
    section: str = ""

    @property
    def place(self) -> Place:
        """Where its text begins."""
        return self.source.place

    @property
    def lines(self) -> range:
        """The numbers of its lines."""
        first = self.place.line
        return range(first, first + self.source.text.count("\n"))


def says_abridged(text: str) -> bool:
    """Say whether a text tells that the example beside it is not whole."""
    return bool(_ABRIDGED.search(text))


def make_snippet(
    path: str,
    lines: Mapping[int, str],
    style: Style,
    owner: str | None = None,
    *,
    abridged: bool = False,
) -> Snippet:
    """Make a snippet of lines by their number; those in between are blank.

    Blanks that all lines begin with are not part of it.
    """
    first, last = min(lines), max(lines)
    text = "".join(f"{lines.get(number, '')}\n" for number in range(first, last + 1))
    text = dedent(text)
    return Snippet(Source(text, Place(path, first)), style, owner, abridged)
