# SPDX-License-Identifier: GPL-2.0-or-later
"""What QEMU prints: a file without a name, of which the beginning and the end are read."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Self, cast

__all__ = ["Log"]

#: How many lines are last words, and how much is looked at for them, in bytes.
LINES = 12
TAIL = 8 << 10
#: How much is looked at for a reason, in bytes.
WHOLE = 1 << 20


@dataclass(frozen=True, slots=True)
class Log:
    """Standard output and error of a program."""

    file: BinaryIO

    @classmethod
    @contextlib.contextmanager
    def open(cls) -> Iterator[Self]:
        """Make an empty one; it is gone on the way out."""
        # Appending: the program shares the position, and we move it to read.
        with tempfile.TemporaryFile("a+b") as file:
            yield cls(cast("BinaryIO", file))

    def text(self) -> str:
        """Return the last of what was printed, as much as is ever looked at."""
        return self._tail(WHOLE)

    def last_words(self) -> str:
        """Return the last lines, ready to follow a message."""
        lines = self._tail(TAIL).splitlines()[-LINES:]
        return "".join(f"\n  qemu: {line}" for line in lines)

    def _tail(self, size: int) -> str:
        end = os.fstat(self.file.fileno()).st_size
        start = max(0, end - size)
        return os.pread(self.file.fileno(), end - start, start).decode(errors="replace")
