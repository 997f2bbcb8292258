# SPDX-License-Identifier: GPL-2.0-or-later
"""Values that gdb has read: it keeps each until the command ends that had it read.

Each further one costs more for that.  So what is done for each of many coroutines is a
command of its own, and leaves no values behind.
"""

from __future__ import annotations

from typing import Callable, TypeVar

import gdb

NAME = "maintenance qemu-block"
Result = TypeVar("Result")


def forgotten(work: Callable[[], Result]) -> Result:
    """Return what `work` returns, which is no value of gdb's, and raise what it raises."""
    found: list[Result] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:  # noqa: BLE001 - gdb would print it; it is raised below
            raised.append(error)

    _COMMAND.work = run
    gdb.execute(NAME)
    for error in raised:
        raise error
    return found[0]


class _Command(gdb.Command):
    """Do a part of a qemu-block command; of no use by itself."""

    def __init__(self) -> None:
        super().__init__(NAME, gdb.COMMAND_MAINTENANCE)
        self.work: Callable[[], None] = lambda: None

    def invoke(self, argument: str, from_tty: bool) -> None:
        self.work()


_COMMAND = _Command()
