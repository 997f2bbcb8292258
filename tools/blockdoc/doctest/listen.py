# SPDX-License-Identifier: GPL-2.0-or-later
"""Hear what QEMU really says to a transcript, for `record`.

A *turn* is one command, or several that were sent without waiting, with all that is
written below it.  After the replies QEMU is listened to until it has been quiet for a
while: only a recorder may wait like this, because only it does not know what comes.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from blockdoc.doctest.conversation import Conversation
from blockdoc.doctest.jobs import status_of
from blockdoc.doctest.limits import limit_of
from blockdoc.errors import Place, QemuError
from blockdoc.example import Fence
from blockdoc.transcript import Command, Event, Item, Json, Reply, Transcript, match

__all__ = ["Heard", "Turn", "listen", "turns"]

#: Silence that ends a turn, in seconds; and while a job is on its way.
QUIET = 0.15
QUIET_WHILE_BUSY = 1.5
#: How long a written event is waited for.
PATIENCE = 5.0
#: States in which a job goes on by itself.
BUSY = {"created", "running", "waiting", "aborting"}

JsonObject = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Turn:
    """Commands that are sent together, and what is written below them."""

    commands: tuple[Command, ...]
    #: For each command its written reply, or None.
    replies: tuple[Reply | None, ...]
    #: All that is written between the first command and the next turn.
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """What QEMU said in a turn."""

    replies: tuple[JsonObject, ...]
    #: Events that the transcript is about: status changes of its jobs, and written ones.
    events: tuple[JsonObject, ...]


def turns(transcript: Transcript) -> Iterator[Turn]:
    """Split a transcript, which may lack replies, into turns.

    Commands in a row are one turn only if each has its reply below them; otherwise the
    author has not recorded yet, and each command is a turn of its own.
    """
    items = list(transcript.items)
    replies = sum(isinstance(item, Reply) for item in items)
    whole = replies >= sum(isinstance(item, Command) for item in items)
    pending: list[Item] = []
    for item in items:
        if isinstance(item, Command) and pending and (not whole or _complete(pending)):
            yield _turn(pending)
            pending = []
        pending.append(item)
    if pending:
        yield _turn(pending)


def _complete(items: Sequence[Item]) -> bool:
    waiting = sum(isinstance(item, Command) for item in items)
    return waiting <= sum(isinstance(item, Reply) for item in items)


def _turn(items: Sequence[Item]) -> Turn:
    commands = tuple(item for item in items if isinstance(item, Command))
    written = deque(item for item in items if isinstance(item, Reply))
    replies = tuple(written.popleft() if written else None for _ in commands)
    return Turn(commands, replies, tuple(items))


async def listen(conversation: Conversation, turn: Turn, fence: Fence) -> Heard:
    """Send the commands of a turn and hear what QEMU says.

    :raise QemuError: QEMU died, does not reply, or goes on and on; at the first command.
    """
    place = Place(fence.body.path, turn.commands[0].line)
    limit = limit_of(fence)
    missing = "no reply"
    try:
        async with asyncio.timeout(limit.seconds):
            replies = await _replies(conversation, turn, fence)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit.seconds):
                await _patience_for_all(conversation, turn)
        missing = "QEMU did not fall silent"
        async with asyncio.timeout(limit.seconds):
            await _quiet(conversation)
    except TimeoutError:
        raise QemuError(f"{missing} {limit.words}", place) from None
    except QemuError as error:
        raise QemuError(error.message, place) from error
    return _heard(conversation, turn, replies)


async def _replies(
    conversation: Conversation, turn: Turn, fence: Fence
) -> tuple[JsonObject, ...]:
    conversation.barrier(allow=True)
    tasks = [
        conversation.send(command, Place(fence.body.path, command.line))
        for command in turn.commands
    ]
    return tuple(map(conversation.filtered, await asyncio.gather(*tasks)))


def _heard(conversation: Conversation, turn: Turn, replies: tuple[JsonObject, ...]) -> Heard:
    arrived = conversation.session.arrived()
    mine: list[JsonObject] = []
    others: list[JsonObject] = []
    for event in arrived:
        (mine if _concerns(conversation, turn, event) else others).append(event)
    arrived[:] = others
    return Heard(replies, tuple(map(conversation.filtered, mine)))


async def _patience_for_all(conversation: Conversation, turn: Turn) -> None:
    for event in turn.items:
        if isinstance(event, Event):
            await _patience(conversation, event)


async def _patience(conversation: Conversation, event: Event) -> None:
    """Wait for a written event, but not for ever."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not any(
                _fits(conversation, event, it) for it in conversation.session.arrived()
            ):
                await conversation.session.next_event()
    except TimeoutError:
        return


async def _quiet(conversation: Conversation) -> None:
    session = conversation.session
    last: dict[str, str] = {}
    seen = 0
    while True:
        arrived = session.arrived()
        last.update(filter(None, map(status_of, arrived[seen:])))
        seen = len(arrived)
        limit = QUIET_WHILE_BUSY if BUSY & set(last.values()) else QUIET
        try:
            await asyncio.wait_for(session.next_event(), limit)
        except TimeoutError:
            return
        except QemuError:
            if conversation.over:
                return
            raise


def _concerns(conversation: Conversation, turn: Turn, event: JsonObject) -> bool:
    status = status_of(event)
    if conversation.strict or (status is not None and status[0] in conversation.jobs):
        return True
    return any(isinstance(it, Event) and _fits(conversation, it, event) for it in turn.items)


def _fits(conversation: Conversation, written: Event, event: JsonObject) -> bool:
    actual = dict(conversation.filtered(event))
    return not match(written.pattern, actual, conversation.captures).differences
