# SPDX-License-Identifier: GPL-2.0-or-later
"""One transcript, spoken to a QEMU: send, wait, compare, in the author's order.

::

    for each message of the transcript, from the top:
      ->  a barrier: status changes that nobody wrote are an error here; then send
      <-  a reply: wait for that of the oldest command without one; compare
      <-  an event: wait for it (it may be there already); compare
      ...  unwritten events are allowed up to the next barrier
    at the end: one round trip, so that what QEMU has said is here; a barrier

A step with ``:ends:`` has no such round trip: it waits until QEMU has ended, and compares
how; a command that nothing answered needs no reply in it.

``:events: loose`` allows unwritten status changes in the whole step; ``:events: strict``
allows no unwritten event of any kind.
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from blockdoc.doctest.filters import Filters
from blockdoc.doctest.jobs import STATUS_CHANGE, jobs_of_command, status_of
from blockdoc.doctest.limits import Limit, step_of
from blockdoc.doctest.problem import Problem, StepError
from blockdoc.errors import AuthorError, Place, QemuError
from blockdoc.example import Fence
from blockdoc.plural import counted
from blockdoc.qemu import Session
from blockdoc.transcript import (
    Command,
    Difference,
    Elision,
    Event,
    Item,
    Json,
    Match,
    Object,
    Reply,
    Scalar,
    Transcript,
    apply_edits,
    fits,
    match,
    parse_transcript,
    revise,
    substitute,
)

__all__ = ["Conversation", "Memory"]

#: Members that tell whose event it is: another value is another event.
OWNERS = ("/event", "/data/id", "/data/device", "/data/node-name", "/data/qom-path")

#: No more differences of one message are told.
MOST_TOLD = 20

Captures = dict[str, Json]
JsonObject = Mapping[str, Json]


@dataclass(slots=True)
class Memory:
    """What the steps of one example share, whichever machine they speak to."""

    captures: Captures = field(default_factory=dict)


class Conversation:
    """What is known of one machine from one transcript of an example to the next."""

    def __init__(self, session: Session, memory: Memory) -> None:
        self.session = session
        self.memory = memory
        #: Those of the step that is being spoken.
        self.filters = Filters()
        self.jobs: set[str] = set()
        #: Commands without a reply, by name.
        self._replies: deque[tuple[str, asyncio.Task[JsonObject]]] = deque()
        self._loose = False
        #: Whether the step allows no unwritten event of any kind.
        self.strict = False
        #: What had arrived before the step began, by identity.
        self._earlier: dict[int, JsonObject] = {}
        #: Whether QEMU was asked to quit.
        self.over = False
        self._waiting_for = ""
        self._at = Place("", 0)

    @property
    def captures(self) -> Captures:
        """What was captured so far, by name."""
        return self.memory.captures

    @captures.setter
    def captures(self, captures: Captures) -> None:
        self.memory.captures = captures

    def begin(self, fence: Fence, filters: Filters) -> bool:
        """Take the options of a step that begins; return whether its events are loose.

        :raise AuthorError: `:events:` has another value.
        """
        value = fence.options.get("events")
        if value not in {None, "loose", "strict"}:
            raise AuthorError(f"events {value!r}: expected loose or strict", fence.place)
        self.filters, self.strict = filters, value == "strict"
        self._earlier = {id(event): event for event in self.session.arrived()}
        return value == "loose"

    async def speak(self, fence: Fence, filters: Filters, limit: Limit) -> None:
        """Hold the transcript of `fence` against QEMU.

        :raise StepError: QEMU said something else, or too late.
        :raise QemuError: QEMU died.
        :raise AuthorError: the transcript cannot be sent as it is.
        """
        transcript = parse_transcript(fence.text, fence.body)
        check_answers(transcript, fence)
        always_loose = self.begin(fence, filters)
        self._at = fence.body
        try:
            async with asyncio.timeout(limit.seconds):
                for item in transcript.items:
                    self._at = Place(fence.body.path, item.line)
                    if isinstance(item, Command):
                        self.barrier(allow=self._loose or always_loose)
                    await self._take(item, fence, loose=always_loose)
                await (self.end(fence) if fence.ends else self.settle())
            self.barrier(allow=self._loose or always_loose)
        except TimeoutError:
            message = f"{self._waiting_for} did not come {limit.words}"
            raise StepError(Problem(self._at, message + self._instead())) from None
        except QemuError as error:
            waiting = f"  while waiting for {self._waiting_for}{step_of(fence)}"
            raise QemuError(f"{error.message}\n{waiting}", self._at) from error
        finally:
            self._forget()

    async def _take(self, item: Item, fence: Fence, *, loose: bool) -> None:
        match item:
            case Command():
                self.send(item, self._at)
                self._loose = False
            case Reply():
                command, reply = self._replies.popleft()
                self._waiting_for = f"the reply to {command}"
                self._compare(item, await reply, fence)
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
        self._replies.append((str(message.get("execute") or message["exec-oob"]), task))
        return task

    def _compare(self, item: Reply, reply: JsonObject, fence: Fence) -> None:
        actual = self.filtered(reply)
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
            "\n".join(_told(result.differences)),
            fence.text[item.start : item.end],
            new[item.start : end],
            tuple(self.filters.notes()),
        )

    async def _event(self, item: Event, fence: Fence, *, loose: bool) -> None:
        """Wait for a written event; take the first of its kind and owner that fits."""
        self._waiting_for = _called(item)
        seen = 0
        while True:
            arrived = self.session.arrived()
            for position in range(seen, len(arrived)):
                event = self.filtered(arrived[position])
                result = match(item.pattern, dict(event), self.captures)
                if not result.differences:
                    del arrived[position]
                    self._take_status(event)
                    _forget_former_job(event, arrived, position)
                    self.captures = result.captures
                    return
                if not loose and self._is_tracked(event) and same_owner(result):
                    raise StepError(self._difference(item, event, fence, result))
            seen = len(arrived)
            await self.session.next_event()

    def filtered(self, message: JsonObject) -> JsonObject:
        """Return a message as the author of this step sees it."""
        return cast("JsonObject", self.filters.json(message))

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
        unwritten = [event for event in arrived if self._is_unwritten(event)]
        arrived[:] = [event for event in arrived if not self._is_unwritten(event)]
        if unwritten and not allow:
            raise StepError(Problem(self._at, _unwritten(unwritten, strict=self.strict)))

    def _is_unwritten(self, event: JsonObject) -> bool:
        return self._is_tracked(event) or (self.strict and id(event) not in self._earlier)

    async def settle(self) -> None:
        """Make one round trip: all that QEMU had said before it is here after it."""
        if not self.over:
            self._waiting_for = "an answer to query-version"
            await self.session.ask("query-version")

    async def end(self, fence: Fence) -> None:
        """Wait until QEMU has ended, which is what the step shows.

        :raise StepError: it ended in another way than is written.
        """
        self._waiting_for = "QEMU's end"
        how = await self.session.ended()
        pending = [task for _, task in self._replies]
        await asyncio.gather(*pending, return_exceptions=True)
        self.over = True
        if not fits(fence.ends, how):
            message = f"QEMU {how}\n  but `:ends:` says: {fence.ends}"
            raise StepError(Problem(fence.place, message))

    def _instead(self) -> str:
        """Say what arrived instead of what we waited for."""
        events = self.session.arrived()
        lines = (f"\n  arrived, and not taken: {_brief(event)}" for event in events[-8:])
        return "".join(lines)

    def _forget(self) -> None:
        while self._replies:
            self._replies.popleft()[1].cancel()
        self._loose = False


def _forget_former_job(event: JsonObject, arrived: list[JsonObject], end: int) -> None:
    """Drop what arrived of a job of the same name before `event`, if that creates one.

    Otherwise an event of the former could be taken for one of the latter.
    """
    status = status_of(event)
    if status is None or status[1] != "created":
        return
    arrived[:end] = [it for it in arrived[:end] if _device(it) != status[0]]


def _device(event: JsonObject) -> Json:
    data = event.get("data")
    return data.get("device") if isinstance(data, dict) else None


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
    if waiting and not fence.ends:
        place = Place(fence.body.path, waiting[0].line)
        raise AuthorError(
            "no reply is written for this command; `make record` fills it in", place
        )


def _told(differences: Sequence[Difference]) -> Iterator[str]:
    """Yield a sentence for each difference; of very many, only for the first."""
    yield from map(str, differences[:MOST_TOLD])
    if len(differences) > MOST_TOLD:
        yield f"… and {counted(len(differences) - MOST_TOLD, 'more difference')}"


def _unwritten(events: list[JsonObject], *, strict: bool) -> str:
    lines = [f"\n  <- {_brief(event)}" for event in events]
    what = "events" if strict else "status changes of a job that the example names"
    return f"{what} arrived before this line and are not written:" + "".join(lines)


def _called(item: Event) -> str:
    """Say which event is waited for: its name, and of a status change job and status."""
    words = ["the event", *filter(None, [item.name])]
    data = item.pattern.get("data") if isinstance(item.pattern, Object) else None
    if isinstance(data, Object) and item.name == STATUS_CHANGE:
        values = (data.get("id"), data.get("status"))
        words += [str(it.value) for it in values if isinstance(it, Scalar)]
    return " ".join(words)


def _brief(event: JsonObject) -> str:
    status = status_of(event)
    if status is not None:
        return f"JOB_STATUS_CHANGE {status[0]} {status[1]}"
    return f"{event.get('event')} {event.get('data', '')}"
