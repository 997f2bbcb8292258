# SPDX-License-Identifier: GPL-2.0-or-later
"""Every error of this package, and whose fault it is.

::

    BlockdocError
     ├── AuthorError        the text of an example or a page is wrong
     ├── QemuError          QEMU died, hung, or could not be spoken to
     ├── MissingError       something that the machine must have is not there
     ├── StepError          a step of an example does not hold: its page or QEMU is wrong
     └── (anything else is a bug of ours and keeps its traceback)

``str()`` of an error with a place begins ``path:line:`` and a blank, so that editors and
CI systems turn it into a link.
"""

import re
from typing import NamedTuple

__all__ = ["AuthorError", "BlockdocError", "MissingError", "Place", "QemuError", "readable"]

#: Longer lines are cut in their middle: what is wrong stands at the beginning, and what
#: to do at the end.
LONGEST_LINE = 600
CUT = " … "
#: What a terminal would obey, and no one would see.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e]")


def readable(text: str) -> str:
    """Return `text` for a terminal: long lines are cut in their middle, controls are shown.

    Much of what an error tells was written by QEMU or by an author.
    """
    text = CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)
    if len(text) <= LONGEST_LINE:
        return text
    return "\n".join(map(_shorten, text.split("\n")))


def _shorten(line: str) -> str:
    if len(line) <= LONGEST_LINE:
        return line
    end = LONGEST_LINE // 3
    return line[: LONGEST_LINE - end - len(CUT)] + CUT + line[-end:]


class Place(NamedTuple):
    """A line of a file: what an error points at."""

    #: Path as the user should see it, relative to the repository's root if inside it.
    path: str
    #: Line number, from 1.
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class BlockdocError(Exception):
    """Root of the family: one clear message, and where."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        #: What is wrong, what was expected, what to do. No trailing newline, no long line.
        self.message = readable(message)
        super().__init__(self.message)
        #: Where, if it is anywhere.
        self.place = place

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class AuthorError(BlockdocError):
    """The text of an example or a page is wrong: its author mends it."""


class QemuError(BlockdocError):
    """QEMU died, hung, or could not be spoken to."""


class MissingError(BlockdocError):
    """Something that this machine must have is not there."""
