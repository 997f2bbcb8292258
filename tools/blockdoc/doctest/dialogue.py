# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps in which something is typed at a prompt: a tool's command line, the human monitor.

::

    for each command of the fence:  run it ─► filters ─► compare with what is written
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from blockdoc.doctest.conversation import Conversation
from blockdoc.doctest.filters import Filters
from blockdoc.doctest.limits import Limit
from blockdoc.doctest.problem import Problem, StepError
from blockdoc.errors import AuthorError, Place, QemuError
from blockdoc.example import Fence
from blockdoc.qemu import Build, Printed, Sandbox, run_tool
from blockdoc.transcript import Edit, Exchange, parse_dialogue, revise_lines

__all__ = ["Dialogue", "ask_monitor", "ask_tool"]

Ask = Callable[[str, Place], Awaitable[Printed]]


def ask_tool(build: Build, sandbox: Sandbox) -> Ask:
    """Return what runs a tool in the example's folder."""
    return lambda command, place: run_tool(command, build, sandbox, place)


def ask_monitor(conversation: Conversation) -> Ask:
    """Return what types a line into the human monitor of a machine.

    It goes through QMP's ``human-monitor-command``, which the storage daemon lacks.
    """

    async def ask(command: str, place: Place) -> Printed:
        try:
            text = await conversation.session.ask(
                "human-monitor-command", **{"command-line": command}
            )
        except QemuError as error:
            raise QemuError(error.message, place) from error
        return Printed(str(text).replace("\r\n", "\n"), 0)

    return ask


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A fence of commands, and what runs them."""

    fence: Fence
    prompt: str
    ask: Ask
    filters: Filters

    def exchanges(self) -> tuple[Exchange, ...]:
        """Read the fence.

        :raise AuthorError: it is badly written.
        """
        return parse_dialogue(self.fence.text, self.fence.body, self.prompt)

    async def hold(self, limit: Limit) -> None:
        """Run the commands, and compare what they print.

        :raise StepError: something else was printed, or it took too long.
        :raise BlockdocError: a command cannot be run.
        """
        at = self.fence.place
        try:
            async with asyncio.timeout(limit.seconds):
                for exchange in self.exchanges():
                    at = self._place(exchange)
                    new = await self._answer(exchange, at)
                    self._compare(exchange, new)
        except TimeoutError:
            message = f"the command did not end {limit.words}"
            raise StepError(Problem(at, message)) from None

    async def edits(self, limit: Limit) -> list[Edit]:
        """Run the commands; return what has to change in the fence's text.

        :raise BlockdocError: a command cannot be run, or takes too long.
        """
        edits: list[Edit] = []
        try:
            async with asyncio.timeout(limit.seconds):
                for exchange in self.exchanges():
                    new = await self._answer(exchange, self._place(exchange))
                    if new != _written(exchange):
                        text = "".join(f"{line}\n" for line in new).removesuffix("\n")
                        edits.append(self._edit(exchange, text))
        except TimeoutError:
            message = f"a command did not end {limit.words}"
            raise AuthorError(message, self.fence.place) from None
        return edits

    def _edit(self, exchange: Exchange, text: str) -> Edit:
        """Put `text` below a command, on a line of its own."""
        before = self.fence.text[: exchange.start]
        start = "" if before.endswith("\n") else "\n"
        end = "" if exchange.end > exchange.start or not text else "\n"
        return Edit(exchange.start, exchange.end, start + text + end)

    def _place(self, exchange: Exchange) -> Place:
        return Place(self.fence.body.path, exchange.line)

    async def _answer(self, exchange: Exchange, place: Place) -> list[str]:
        """Run one command; return the lines that hold for what it printed."""
        printed = await self.ask(exchange.command, place)
        actual = list(_lines(self.filters.text(printed.text)))
        status = [f"[exit status {printed.status}]"] if printed.status else []
        return revise_lines(exchange.output, actual) + status

    def _compare(self, exchange: Exchange, new: list[str]) -> None:
        old = _written(exchange)
        if new == old:
            return
        same = next(
            (n for n, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]),
            min(len(old), len(new)),
        )
        line = self.fence.body.line + self.fence.text.count("\n", 0, exchange.start) + same
        problem = Problem(
            Place(self.fence.body.path, line if old else exchange.line),
            f"another answer to `{exchange.command}`",
            "".join(f"{line}\n" for line in old),
            "".join(f"{line}\n" for line in new),
            tuple(self.filters.notes()),
        )
        raise StepError(problem)


def _written(exchange: Exchange) -> list[str]:
    status = [f"[exit status {exchange.status}]"] if exchange.status else []
    return [*exchange.output, *status]


def _lines(text: str) -> Iterator[str]:
    lines = [line.rstrip() for line in text.replace("\r", "\n").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    yield from lines
