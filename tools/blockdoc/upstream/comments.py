# SPDX-License-Identifier: GPL-2.0-or-later
"""The documentation comments of a QAPI schema file.

::

    ##
    # @block-commit:            the name of what is documented
    #
    # …                         reStructuredText
    ##

`documentation` keeps the text of these comments and blanks all else, so that every
line keeps its number.  Releases before 9.1 have no markup for examples: there a
section ``Example:`` holds them (`sections`).
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from blockdoc.upstream.snippet import Snippet, make_snippet, says_abridged

__all__ = ["Documentation", "documentation", "sections"]

_NAME = re.compile(r"@(?P<name>[\w.+-]+):\s*$")
_EXAMPLE = re.compile(r"Examples?( \d+)?:\s*$")
#: What ends a section: another one begins (scripts/qapi/parser.py of 7.2).
_TAG = re.compile(r"(Returns|Since|Notes?|Examples?( \d+)?|TODO|Features|Errors):|@[\w.+-]+:")


@dataclass(frozen=True, slots=True)
class Documentation:
    """The comments of one file."""

    path: str
    #: Line by line; what is not documentation is blank.
    lines: tuple[str, ...]
    #: Where each comment begins, from 1, in order.
    starts: tuple[int, ...]

    @property
    def text(self) -> str:
        """The document."""
        return "".join(f"{line}\n" for line in self.lines)

    def owner(self, number: int) -> str | None:
        """Name what the comment of a line documents."""
        index = bisect_right(self.starts, number)
        if not index:
            return None
        rest = self.lines[self.starts[index - 1] - 1 :]
        first = next((line for line in rest if line), "")
        found = _NAME.match(first)
        return found["name"] if found else None


def documentation(text: str, path: str) -> Documentation:
    """Take the documentation out of a schema file."""
    inside = False
    lines, starts = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if line.rstrip() == "##":
            inside = not inside
            starts += [number] if inside else []
            lines.append("")
        else:
            inside = inside and line.startswith("#")
            lines.append(line[1:].removeprefix(" ") if inside else "")
    return Documentation(path, tuple(lines), tuple(starts))


def sections(doc: Documentation) -> Iterator[Snippet]:
    """Yield the sections ``Example:``."""
    for number, line in enumerate(doc.lines, 1):
        if _EXAMPLE.match(line):
            rest = [*enumerate(doc.lines[number : _end(doc, number)], number + 1)]
            body = dict(takewhile(lambda it: not _TAG.match(it[1]), rest))
            behind = " ".join(line for _, line in rest[len(body) : len(body) + 2])
            abridged = says_abridged(behind) or any(map(says_abridged, body.values()))
            if any(it.strip() for it in body.values()):
                owner = doc.owner(number)
                yield make_snippet(doc.path, body, "loose", owner, abridged=abridged)


def _end(doc: Documentation, number: int) -> int:
    """Give the line before the one at which the next comment begins."""
    index = bisect_right(doc.starts, number)
    return doc.starts[index] - 1 if index < len(doc.starts) else len(doc.lines)
