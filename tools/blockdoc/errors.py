# SPDX-License-Identifier: GPL-2.0-or-later
"""Every error of this package, and whose fault it is.

::

    BlockdocError
     ├── AuthorError        the text of an example or a page is wrong
     ├── QemuError          QEMU died, hung, or could not be spoken to
     ├── MissingError       something that the machine must have is not there
     └── (anything else is a bug of ours and keeps its traceback)

``str()`` of an error with a place begins ``path:line: ``, so that editors and
CI systems turn it into a link.
"""

from dataclasses import dataclass

__all__ = ["AuthorError", "BlockdocError", "MissingError", "Place", "QemuError"]


@dataclass(frozen=True, slots=True)
class Place:
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
        super().__init__(message)
        #: What is wrong, what was expected, what to do. No trailing newline.
        self.message = message
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
