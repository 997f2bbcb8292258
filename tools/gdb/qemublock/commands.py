# SPDX-License-Identifier: GPL-2.0-or-later
"""``qemu-block``: what a user types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import gdb

from qemublock import stacks
from qemublock.backtrace import whole
from qemublock.command import PREFIX, Command
from qemublock.coroutine import Coroutine, Coroutines, State
from qemublock.graph import Graph
from qemublock.knowledge import all_coroutines
from qemublock.report import report
from qemublock.sections import LISTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def register() -> None:
    """Make the commands and the unwinder known to gdb."""
    stacks.register()
    Prefix()
    for command in (Backtrace, Select, Unselect, GraphCommand, Report):
        command()
    for name in LISTS:
        List(name)


class Prefix(gdb.Command):
    """What QEMU's block layer is doing, in a live process or a core file."""

    def __init__(self) -> None:
        super().__init__(PREFIX, gdb.COMMAND_DATA, gdb.COMPLETE_NONE, prefix=True)

    def invoke(self, argument: str, from_tty: bool) -> None:
        """List the commands."""
        if argument:
            raise gdb.GdbError(f"no command {PREFIX} {argument}; `{PREFIX}` lists them")
        about = {
            **{name: about for name, (_, about) in LISTS.items()},
            "bt": Backtrace.__doc__ or "",
            "select": Select.__doc__ or "",
            "unselect": Unselect.__doc__ or "",
            "graph": GraphCommand.__doc__ or "",
            "report": Report.__doc__ or "",
        }
        for name, words in about.items():
            gdb.write(f"{PREFIX} {name:<11} {words.partition(chr(10))[0]}\n")


class List(Command):
    """A command that prints lines, and needs nothing else."""

    def __init__(self, name: str) -> None:
        self._say, self.__doc__ = LISTS[name]
        super().__init__(name)

    def lines(self, argument: str, notes: list[str]) -> Iterable[str]:
        """Yield them."""
        return self._say(gdb.string_to_argv(argument), notes)


class Backtrace(Command):
    """Show the frames of a coroutine, and of those that entered it.

    qemu-block bt              the one that the selected thread runs
    qemu-block bt ADDRESS      the Coroutine at ADDRESS, or any expression
    qemu-block bt all          every coroutine that has something left to do
    """

    def __init__(self) -> None:
        super().__init__("bt", gdb.COMPLETE_EXPRESSION)

    def lines(self, argument: str, notes: list[str]) -> Iterator[str]:
        """Yield the frames."""
        known = all_coroutines()
        notes.extend(known.notes)
        for one in _meant(known, argument.strip()):
            yield from whole(known, one, notes)
            yield ""


class GraphCommand(Command):
    """Print the block graph as JSON: what QMP's queries would have answered.

    qemu-block graph           to the terminal
    qemu-block graph FILE      to a file, for `blockdoc graph --json FILE`
    """

    def __init__(self) -> None:
        super().__init__("graph", gdb.COMPLETE_FILENAME)

    def lines(self, argument: str, notes: list[str]) -> Iterator[str]:
        """Yield it, or write it to a file."""
        graph = Graph()
        answers = graph.answers()
        notes.extend(graph.notes)
        yield from _json(answers, argument.strip())


class Report(Command):
    """Print all that a bug report needs as JSON: `blockdoc crash-report` makes a page of it.

    qemu-block report          to the terminal
    qemu-block report FILE     to a file
    """

    def __init__(self) -> None:
        super().__init__("report", gdb.COMPLETE_FILENAME)

    def lines(self, argument: str, notes: list[str]) -> Iterator[str]:
        """Yield it, or write it to a file; what cannot be read is a part of it."""
        yield from _json(report(), argument.strip())


class Select(Command):
    """Make a coroutine's frames gdb's own: `bt`, `up`, `info locals` work in them.

    Frame 0 stays the thread's, with no meaning.  `qemu-block unselect`, or letting the
    process run, ends it.
    """

    selects = True

    def __init__(self) -> None:
        super().__init__("select", gdb.COMPLETE_EXPRESSION)

    def lines(self, argument: str, notes: list[str]) -> Iterator[str]:
        """Select it, and yield where it is."""
        stacks.disarm()
        one = _named(all_coroutines(), argument)
        if one.state is State.RUNNING:
            yield from gdb.execute(f"thread {one.thread}", to_string=True).splitlines()
            return
        stacks.arm(one.registers)
        frame = stacks.first_frame()
        if frame is not None:
            frame.select()
            yield from gdb.execute("frame", to_string=True).splitlines()


class Unselect(Command):
    """Make the frames the thread's own again."""

    selects = True

    def __init__(self) -> None:
        super().__init__("unselect")

    def lines(self, argument: str, notes: list[str]) -> Iterator[str]:
        """Do it, and yield where the thread is."""
        stacks.disarm()
        yield from gdb.execute("frame 0", to_string=True).splitlines()


def _json(whole_of_it: object, name: str) -> Iterator[str]:
    if not name:
        yield from json.dumps(whole_of_it, indent=1).splitlines()
        return
    try:  # programs read it: without indentation it is written in a tenth of the time
        Path(name).write_text(json.dumps(whole_of_it) + "\n", encoding="utf-8")
    except OSError as error:
        raise gdb.GdbError(f"{name}: {error.strerror}") from error


def _meant(known: Coroutines, argument: str) -> list[Coroutine]:
    if argument == "all":
        return [one for one in known.all if one.state.active]
    if argument:
        return [_named(known, argument)]
    thread = gdb.selected_thread()
    number = thread.num if thread else 0
    running = [one for one in known.all if one.thread == number]
    if not running:
        raise gdb.GdbError(f"thread {number} runs no coroutine; name one, or `all`")
    return running


def _named(known: Coroutines, argument: str) -> Coroutine:
    if not argument.strip():
        raise gdb.GdbError(f"name a coroutine: its address, from `{PREFIX} coroutines`")
    try:
        address = int(gdb.parse_and_eval(argument))
    except gdb.error as error:
        raise gdb.GdbError(f"{argument}: {error}") from error
    one = known.get(address)
    if one is None:
        raise gdb.GdbError(f"no coroutine is at {hex(address)}; `{PREFIX} coroutines` has all")
    return one
