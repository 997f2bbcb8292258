# SPDX-License-Identifier: GPL-2.0-or-later
"""One transcript, spoken to a QEMU: send, wait, compare, in the author's order.

::

    for each message of the transcript, from the top:
      ->  a barrier: status changes that nobody wrote are an error here; then send
      <-  a reply: wait for that of the oldest command without one; compare
      <-  an event: wait for it (it may be there already); compare
      ...  unwritten events are allowed up to the next barrier
    at the end: one round trip, so that what QEMU has said is here; a barrier
"""

import asyncio
from collections import deque
from collections.abc import Mapping

from blockdoc.doctest.jobs import jobs_of_command, status_of
from blockdoc.doctest.problem import Problem, StepError
from blockdoc.errors import AuthorError, Place, QemuError
from blockdoc.example import Fence
from blockdoc.qemu import Session
from blockdoc.transcript import (
    Command,
    Elision,
    Event,
    Item,
    Json,
    Match,
    Reply,
    Transcript,
    apply_edits,
    match,
    parse_transcript,
    revise,
    substitute,
)

__all__ = ["LIMIT", "Conversation", "limit_of"]

#: How long a step may take, in seconds, unless it says otherwise.
LIMIT = 30.0
#: Members that tell whose event it is: another value is another event.
OWNERS = ("/event", "/data/id", "/data/device", "/data/node-name", "/data/qom-path")

Captures = dict[str, Json]
JsonObject = Mapping[str, Json]


def limit_of(fence: Fence) -> float:
    """Return the time limit of a step in seconds.

    :raise AuthorError: `:timeout:` is not a positive number.
    """
    text = fence.options.get("timeout")
    if text is None:
        return LIMIT
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise AuthorError(f"timeout {text!r}: expected seconds, such as 5", fence.place)
    return seconds


class Conversation:
    """What is known from one transcript of an example to the next."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.captures: Captures = {}
        self.jobs: set[str] = set()
        self._replies: deque[asyncio.Task[JsonObject]] = deque()
        self._loose = False
        #: Whether QEMU was asked to quit.
        self.over = False
        self._waiting_for = ""
        self._at = Place("", 0)

    async def speak(self, fence: Fence) -> None:
        """Hold the transcript of `fence` against QEMU.

        :raise StepError: QEMU said something else, or too late.
        :raise QemuError: QEMU died.
        :raise AuthorError: the transcript cannot be sent as it is.
        """
        transcript = parse_transcript(fence.text, fence.body)
        check_answers(transcript, fence)
        always_loose = self.is_loose(fence)
        self._at = fence.body
        limit = limit_of(fence)
        try:
            async with asyncio.timeout(limit):
                for item in transcript.items:
                    self._at = Place(fence.body.path, item.line)
                    if isinstance(item, Command):
                        self.barrier(allow=self._loose or always_loose)
                    await self._take(item, fence, loose=always_loose)
                await self.settle()
            self.barrier(allow=self._loose or always_loose)
        except TimeoutError:
            message = f"{self._waiting_for} did not come within {limit:g} s (`:timeout:`)"
            raise StepError(Problem(self._at, message + self._instead())) from None
        except QemuError as error:
            raise QemuError(
                f"{error.message}\n  while waiting for {self._waiting_for}", self._at
            ) from error
        finally:
            self._forget()

    @staticmethod
    def is_loose(fence: Fence) -> bool:
        """Say whether the author wrote that the order of events is a real race.

        :raise AuthorError: `:events:` has another value.
        """
        value = fence.options.get("events")
        if value not in {None, "loose"}:
            raise AuthorError(f"events {value!r}: expected loose", fence.place)
        return value == "loose"

    async def _take(self, item: Item, fence: Fence, *, loose: bool) -> None:
        match item:
            case Command():
                self.send(item, self._at)
                self._loose = False
            case Reply():
                self._waiting_for = "the reply"
                self._compare(item, await self._replies.popleft(), fence)
            case Event():
                await self._event(item, fence, loose=loose or self._loose)
            case Elision():
                self._loose = True

    def send(self, item: Command, place: Place) -> asyncio.Task[JsonObject]:
        """Send a command; its reply joins the queue."""
        message = substitute(item.pattern, self.captures)
        if not isinstance(message, dict) or not {"execute", "exec-oob"} & message.keys():
            raise AuthorError(
                'expected a command: { "execute": "…", "arguments": { … } }', place
            )
        message.pop("id", None)
        self.jobs.update(jobs_of_command(message))
        self.over = message.get("execute") == "quit"
        task = self.session.send(message)
        self._replies.append(task)
        return task

    def _compare(self, item: Reply | Event, actual: JsonObject, fence: Fence) -> None:
        result = match(item.pattern, dict(actual), self.captures)
        if result.differences:
            raise StepError(self._difference(item, actual, fence, result))
        self.captures = result.captures

    def _difference(
        self, item: Reply | Event, actual: JsonObject, fence: Fence, result: Match
    ) -> Problem:
        first = min(result.differences, key=lambda it: it.offset)
        line = fence.body.line + fence.text.count("\n", 0, first.offset)
        edits = revise(item.pattern, dict(actual), self.captures)
        new = apply_edits(fence.text, edits)
        end = len(new) - (len(fence.text) - item.end)
        return Problem(
            Place(fence.body.path, line),
            "\n".join(str(it) for it in result.differences),
            fence.text[item.start : item.end],
            new[item.start : end],
        )

    async def _event(self, item: Event, fence: Fence, *, loose: bool) -> None:
        """Wait for a written event; take the first of its kind and owner that fits."""
        self._waiting_for = "the event"
        seen = 0
        while True:
            arrived = self.session.arrived()
            for position in range(seen, len(arrived)):
                event = arrived[position]
                result = match(item.pattern, dict(event), self.captures)
                if not result.differences:
                    del arrived[position]
                    self._take_status(event)
                    self.captures = result.captures
                    return
                if not loose and self._is_tracked(event) and same_owner(result):
                    raise StepError(self._difference(item, event, fence, result))
            seen = len(arrived)
            await self.session.next_event()

    def _take_status(self, event: JsonObject) -> None:
        status = status_of(event)
        if status is not None:
            self.jobs.add(status[0])

    def _is_tracked(self, event: JsonObject) -> bool:
        status = status_of(event)
        return status is not None and status[0] in self.jobs

    def barrier(self, *, allow: bool) -> None:
        """Refuse, or drop, the status changes that have arrived and that nobody wrote."""
        arrived = self.session.arrived()
        unwritten = [event for event in arrived if self._is_tracked(event)]
        arrived[:] = [event for event in arrived if not self._is_tracked(event)]
        if unwritten and not allow:
            raise StepError(Problem(self._at, _unwritten(unwritten)))

    async def settle(self) -> None:
        """Make one round trip: all that QEMU had said before it is here after it."""
        if not self.over:
            self._waiting_for = "an answer to query-version"
            await self.session.ask("query-version")

    def _instead(self) -> str:
        """Say what arrived instead of what we waited for."""
        events = self.session.arrived()
        if not events:
            return ""
        lines = (f"\n  arrived, and not taken: {_brief(event)}" for event in events[-8:])
        return "".join(lines)

    def _forget(self) -> None:
        while self._replies:
            self._replies.popleft().cancel()
        self._loose = False


def same_owner(result: Match) -> bool:
    """Say whether the event is the one that was meant, though it differs elsewhere."""
    return not any(difference.pointer in OWNERS for difference in result.differences)


def check_answers(transcript: Transcript, fence: Fence) -> None:
    """Refuse a transcript in which not every command has its reply.

    :raise AuthorError: at the first command without one.
    """
    waiting: deque[Command] = deque()
    for item in transcript.items:
        if isinstance(item, Command):
            waiting.append(item)
        elif isinstance(item, Reply):
            if not waiting:
                place = Place(fence.body.path, item.line)
                raise AuthorError("a reply that no command above it asked for", place)
            waiting.popleft()
    if waiting:
        place = Place(fence.body.path, waiting[0].line)
        raise AuthorError(
            "no reply is written for this command; `make record` fills it in", place
        )


def _unwritten(events: list[JsonObject]) -> str:
    lines = [f"\n  <- {_brief(event)}" for event in events]
    return (
        "status changes of a job that the example names arrived before this line "
        "and are not written:" + "".join(lines)
    )


def _brief(event: JsonObject) -> str:
    status = status_of(event)
    if status is not None:
        return f"JOB_STATUS_CHANGE {status[0]} {status[1]}"
    return f"{event.get('event')} {event.get('data', '')}"
