# SPDX-License-Identifier: GPL-2.0-or-later
"""Long work shows itself: a bar on a terminal, plain lines elsewhere.

::

    with progress("record", total=91) as bar:
        bar.say("examples/jobs/cancel.md")     what is being done now
        bar.write(diff)                        a result, on standard output
        bar.advance()

The bar is on standard error and leaves nothing behind.  In CI, in a pipe and on a dumb
terminal each `say` is a line there instead.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

__all__ = ["Bar", "progress"]


class Bar:
    """What is being done, and how much of it is."""

    def __init__(self, title: str, total: int) -> None:
        self._title = title
        self._total = total
        self._done = 0

    def say(self, what: str) -> None:
        """Tell what is being done now."""
        sys.stderr.write(f"{self._title}: {what}\n")
        sys.stderr.flush()

    def advance(self, steps: int = 1) -> None:
        """Count what is done."""
        self._done += steps

    def write(self, text: str) -> None:
        """Write `text`, a result, to standard output."""
        sys.stdout.write(text)
        sys.stdout.flush()

    def complain(self, text: str) -> None:
        """Write `text`, a failure, to standard error."""
        sys.stderr.write(text)
        sys.stderr.flush()


class _LiveBar(Bar):
    """On a terminal."""

    def __init__(self, title: str, total: int, live: Progress) -> None:
        super().__init__(title, total)
        self._live = live
        self._task = live.add_task(title, total=total, what="")

    def say(self, what: str) -> None:
        self._live.update(self._task, what=what)

    def advance(self, steps: int = 1) -> None:
        self._live.advance(self._task, steps)

    def write(self, text: str) -> None:
        if sys.stdout.isatty():  # the same terminal
            self.complain(text)
        else:
            super().write(text)

    def complain(self, text: str) -> None:
        """Write above the bar, with the text's own line ends and colours alone."""
        words = Text.from_ansi(text.removesuffix("\n"))
        self._live.console.print(words, soft_wrap=True, highlight=False)


@contextmanager
def progress(title: str, total: int) -> Iterator[Bar]:
    """Show a bar for `total` pieces of work until the end of the block, whatever ends it."""
    console = Console(stderr=True)
    if os.environ.get("CI") or not console.is_terminal or console.is_dumb_terminal:
        yield Bar(title, total)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as live:
        yield _LiveBar(title, total, live)
