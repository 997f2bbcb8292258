# SPDX-License-Identifier: GPL-2.0-or-later
"""Speak libvirt's side of a recording to one QEMU after another.

::

    for each step, from the top:
      ->  wait until each event recorded above is here; send; hold the reply against it
      <-  an event: it must come before the next ``->``
      --  something outside libvirt: nothing is done
    at the end: no event of a job that was not recorded, and the same graph
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn

from blockdoc.errors import QemuError
from blockdoc.graph import compare, graph_from_qmp
from blockdoc.qemu import Session
from blockdoc.replay.events import Filter, brief, identity, tracked
from blockdoc.replay.finding import Finding
from blockdoc.replay.fit import At, Misfit, Tolerance, fit
from blockdoc.replay.progress import QUESTION, compared
from blockdoc.replay.recording import Item, Recording
from blockdoc.replay.release import Spoken

__all__ = ["Send", "Stop", "Talk"]

#: How long an event or a reply may take, in seconds.
LIMIT = 20.0
#: How many misfits of one reply are told.
MOST = 5

#: Sends a command as this replay has to, and returns the reply.
Send = Callable[[Session, Item, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


class Stop(Exception):  # noqa: N818 - no error: the findings say what is wrong
    """What comes after this means nothing."""


class Talk:
    """One side of a recording."""

    def __init__(
        self, recording: Recording, spoken: Spoken, allowed: Tolerance, send: Send
    ) -> None:
        self.recording = recording
        #: How it speaks, for another talk of the same kind.
        self.manner = spoken, allowed, send
        self.findings: list[Finding] = []
        #: What an older QEMU could not be asked, in words.
        self.skipped: set[str] = set()
        self._spoken = spoken
        self._allowed = allowed
        self._send = send
        self._replies = {command.number: reply for command, reply in recording.pairs()}
        self._recorded = Filter()
        self._heard = Filter()
        self._waiting: list[Item] = []
        #: Events that count, have come, and were not recorded yet.
        self._came: list[Mapping[str, Any]] = []
        #: Whether this QEMU was asked to leave.
        self.over = False

    async def step(self, item: Item, session: Session) -> None:
        """Take one step.

        :raise Stop: what comes after it means nothing.
        :raise QemuError: QEMU died.
        """
        if item.event:
            await self._event(item, session)
        elif item.command:
            await self._settle(session)
            await self._command(item, session)

    async def _event(self, item: Item, session: Session) -> None:
        if not self._recorded.counts(item.message):
            return
        if item.event == "SHUTDOWN" and not _asked_to_quit(item, self.recording):
            await self._settle(session)  # a signal of libvirt's
            session.send({"execute": "quit"})
            self.over = True
        self._waiting.append(item)
        if self.over:
            await self._settle(session)

    async def _settle(self, session: Session) -> None:
        """Wait for the events that were recorded up to here."""
        for item in self._waiting:
            await self._wait(item, session)
        self._waiting.clear()

    async def _wait(self, item: Item, session: Session) -> None:
        wanted = identity(item.message)
        try:
            async with asyncio.timeout(LIMIT):
                while True:
                    self._hear(session)
                    found = next((it for it in self._came if identity(it) == wanted), None)
                    if found is not None:
                        self._came.remove(found)
                        self._compare(item, found)
                        return
                    await session.next_event()
        except TimeoutError:
            came = ", ".join(map(brief, self._came)) or "nothing"
            message = f"{brief(item.message)} did not come; not recorded, and came: {came}"
            self._stop(item, "event", message)

    def _hear(self, session: Session) -> None:
        arrived = session.arrived()
        self._came += [it for it in arrived if self._heard.counts(it)]
        arrived.clear()

    async def _command(self, item: Item, session: Session) -> None:
        reply = self._replies.get(item.number)
        if item.command == "qmp_capabilities":  # done when we connected
            return
        if reply is None:
            self._stop(item, "order", f"{item.command}: no reply to it is recorded")
        if not self._spoken.knows(item.command):
            self._unknown(item, reply)
            return
        arguments = self._spoken.arguments(item.command, item.arguments)
        try:
            async with asyncio.timeout(LIMIT):
                answer = await self._send(session, item, arguments)
        except TimeoutError:
            self._stop(item, "qemu", f"{item.command}: no reply within {LIMIT:g} s")
        self._allowed.curtailed = arguments != item.arguments
        self._check(item, reply, answer)
        self._allowed.curtailed = False

    def _unknown(self, item: Item, reply: Item | None) -> None:
        """Leave a query out that this QEMU does not have; anything else matters."""
        if item.command.startswith(("query-", "qom-")):
            self.skipped.add(f"no command {item.command}")
            return
        if reply is None or "error" not in reply.message:
            self._stop(item, "qemu", f"this QEMU has no command {item.command}")

    def _check(self, item: Item, reply: Item, answer: Mapping[str, Any]) -> None:
        old, new = reply.message.get("error"), answer.get("error")
        if new is not None and old is None:
            self._stop(
                item,
                "error",
                f"{item.command}: answers the error {new['desc']!r}, was recorded as a success",
            )
        if old is not None and new is None:
            self._stop(
                item,
                "error",
                f"{item.command}: is a success, was recorded as the error {old.get('desc')!r}",
            )
        if new is None:
            then, now = reply.message.get("return"), answer.get("return")
            misfits: list[Misfit] = []
            if item.command == QUESTION and isinstance(then, Mapping):
                then, misfits = compared(self.recording, item, then, now or {})
            shapes = self._spoken.returns(item.command)
            misfits += fit(then, now, self._allowed, At("/return", "", *shapes))
            self._tell_all(reply, "reply", misfits)
        elif isinstance(old, Mapping) and old.get("class") != new["class"]:
            misfit = Misfit(
                "/error/class", f"recorded as {old.get('class')}, is {new['class']}"
            )
            self._tell(reply, "error", misfit)

    def _compare(self, item: Item, found: Mapping[str, Any]) -> None:
        """Hold the data of an event against the recorded."""
        shapes = self._spoken.tells(item.event)
        old, new = item.message.get("data", {}), found.get("data", {})
        self._tell_all(item, "event", fit(old, new, self._allowed, At("/data", "", *shapes)))

    def _tell_all(self, item: Item, kind: str, misfits: list[Misfit]) -> None:
        for misfit in misfits[:MOST]:
            self._tell(item, kind, misfit)
        if len(misfits) > MOST:
            more = Misfit("", f"and {len(misfits) - MOST} more")
            self._tell(item, kind, more)

    def _tell(self, item: Item, kind: str, misfit: Misfit) -> None:
        self.findings.append(
            Finding(item.place, kind, misfit.message, item.number, misfit.pointer)
        )

    def _stop(self, item: Item, kind: str, message: str) -> NoReturn:
        self.findings.append(Finding(item.place, kind, message, item.number))
        raise Stop

    async def finish(self, session: Session) -> None:
        """See that all is over that was over, and that the graph is the recorded one.

        :raise Stop: an event did not come.
        :raise QemuError: QEMU died.
        """
        await self._settle(session)
        if self.over:
            return
        await session.ask("query-version")
        self._hear(session)
        last = self.recording.items[-1]
        for event in filter(tracked, self._came):
            message = f"{brief(event)} came and was not recorded"
            self.findings.append(Finding(last.place, "event", message, last.number))
        await self._graph(session)

    async def _graph(self, session: Session) -> None:
        if self.recording.graph_after is None:
            return
        answer = await session.ask("x-debug-query-block-graph")
        if not isinstance(answer, Mapping):
            raise QemuError("x-debug-query-block-graph does not answer with a graph")
        old = graph_from_qmp(self.recording.graph_after, (), (), ())
        new = graph_from_qmp(answer, (), (), ())
        for it in compare(old, new):
            message = it.message.replace("the example", "the recording")
            self.findings.append(Finding(self.recording.place, "graph", f"after: {message}"))


def _asked_to_quit(item: Item, recording: Recording) -> bool:
    """Say whether libvirt sent a command that ends QEMU, rather than a signal."""
    before = recording.items[: item.number]
    return any(it.command == "quit" and it.monitor == item.monitor for it in before)
