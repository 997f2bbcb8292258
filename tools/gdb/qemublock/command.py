# SPDX-License-Identifier: GPL-2.0-or-later
"""What all commands have in common: what they need, and how they say what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gdb

from qemublock import functions, stacks
from qemublock.coroutine import NO_SYMBOLS
from qemublock.lists import DamagedError, printable

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIX = "qemu-block"
NO_PROCESS = "no process and no core file to look at: `attach PID`, or start `gdb PROGRAM CORE`"


class Command(gdb.Command):
    """A command that looks at QEMU; what it cannot read it notes, and goes on."""

    #: Whether the selected coroutine stays selected while it runs, rather than afterwards.
    selects = False

    def __init__(self, name: str, complete: int = gdb.COMPLETE_NONE) -> None:
        self.name = name
        super().__init__(f"{PREFIX} {name}", gdb.COMMAND_DATA, complete)

    def invoke(self, argument: str, from_tty: bool) -> None:
        """Run it."""
        _look()
        functions.forget()
        notes: list[str] = []
        before = stacks.Selected.now()
        try:
            self._run(argument, notes, before)
        except (DamagedError, gdb.error) as error:
            notes.append(f"{self.name} ends here: {error}")
        except KeyboardInterrupt:
            before.restore()  # it may have come just when something was being put back
            raise gdb.GdbError("interrupted") from None
        for note in dict.fromkeys(notes):
            gdb.write(f"note: {printable(note)}\n", gdb.STDERR)

    def _run(self, argument: str, notes: list[str], before: stacks.Selected) -> None:
        if self.selects:
            self._write(argument, notes)
            return
        try:
            stacks.disarm()
            self._write(argument, notes)
        finally:
            before.restore()

    def _write(self, argument: str, notes: list[str]) -> None:
        for line in self.lines(argument, notes):
            gdb.write(f"{printable(line)}\n")

    def lines(self, argument: str, notes: list[str]) -> Iterable[str]:
        """Yield the lines to be printed; what cannot be read goes to `notes`."""
        raise NotImplementedError


def _look() -> None:
    """See whether there is a QEMU to look at.

    :raise gdb.GdbError: there is none.
    """
    inferior = gdb.selected_inferior()
    if not inferior.pid or not inferior.threads():
        raise gdb.GdbError(NO_PROCESS)
    for name in ("Coroutine", "BlockDriverState"):
        try:
            gdb.lookup_type(name).fields()
        except (gdb.error, TypeError):
            raise gdb.GdbError(NO_SYMBOLS) from None
