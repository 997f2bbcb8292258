# SPDX-License-Identifier: GPL-2.0-or-later
"""Replay a recording: one QEMU after another, or the two of a migration side by side.

::

    sides of one operation ── one sandbox ─┬─ files of each side
                                           ├─ NBD servers that nobody in them starts
                                           └─ each side: Talk, step by step
"""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from blockdoc.errors import AuthorError, BlockdocError, QemuError
from blockdoc.qemu import Build, Sandbox, Session, open_sandbox, start
from blockdoc.replay.domain import SECRET
from blockdoc.replay.finding import Finding
from blockdoc.replay.order import check_order
from blockdoc.replay.places import Places
from blockdoc.replay.recording import Item, Recording
from blockdoc.replay.release import Spoken, tolerance
from blockdoc.replay.setup import Setup, make_files, server_machine
from blockdoc.replay.streams import connect, pipe_from, pipe_to
from blockdoc.replay.talk import Stop, Talk
from blockdoc.transcript import Json

__all__ = ["Outcome", "replay"]

#: How long a socket of another process may take to be there, in seconds.
PATIENCE = 20.0
#: How long a whole operation may take, in seconds.
LIMIT = 120.0
_FD = re.compile(r"fd:(.+)")
STREAM = "saved-guest"
EVENTS: Mapping[str, Json] = {"capability": "events", "state": True}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one operation."""

    recordings: tuple[Recording, ...]
    findings: tuple[Finding, ...]
    #: What another release does not have and was let pass, in words.
    passed: tuple[str, ...] = ()


@dataclass(slots=True)
class _Side:
    """One recording of an operation, while it is replayed."""

    recording: Recording
    setup: Setup
    talk: Talk
    sandbox: Sandbox
    build: Build
    #: Where this side's guest goes to, when it migrates.
    target: str = ""
    findings: list[Finding] = field(default_factory=list)


async def replay(recordings: Sequence[Recording], build: Build) -> Outcome:
    """Replay the recordings of one operation.

    :raise MissingError: the build has no system emulator.
    """
    findings = [it for recording in recordings for it in check_order(recording)]
    allowed = [tolerance(it, build) for it in recordings]
    passed: set[str] = set()
    try:
        _check_sides(recordings)
        async with asyncio.timeout(LIMIT), open_sandbox(build) as sandbox:
            sides = []
            for recording, allow in zip(recordings, allowed, strict=True):
                spoken = Spoken(recording, build, allow)
                setup = Setup(recording, build, spoken, recordings)
                speaker = _Speaker(setup, sandbox, _target(recordings, recording))
                talk = Talk(recording, spoken, allow, speaker.send)
                sides.append(_Side(recording, setup, talk, sandbox, build))
            for side in sides:
                await make_files(side.setup, sandbox)
            async with _servers(sides, build, sandbox):
                await _both(sides)
            for side in sides:
                findings += [*side.talk.findings, *side.findings]
                passed |= side.talk.skipped
    except TimeoutError:
        findings.append(Finding(recordings[0].place, "qemu", f"not over within {LIMIT:g} s"))
    except BlockdocError as error:
        place = error.place or recordings[0].place
        findings.append(Finding(place, "setup", error.message))
    passed |= {it for allow in allowed for it in allow.passed}
    return Outcome(tuple(recordings), tuple(findings), tuple(sorted(passed)))


async def _both(sides: Sequence[_Side]) -> None:
    """Run the sides; where one stops, the other need not go on for ever."""
    tasks = [asyncio.create_task(_speak(side)) for side in sides]
    done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    for task in done:
        with contextlib.suppress(Stop):
            task.result()


def _check_sides(recordings: Sequence[Recording]) -> None:
    """See that a migration has both its ends.

    :raise AuthorError: the file of one is missing.
    """
    (one, *others) = recordings
    if one.side and not others:
        other = {"src": "dst", "dst": "src"}.get(one.side, "other")
        name = one.file.name.replace(f".{one.side}.", f".{other}.")
        message = f"one end of a migration; the other is not beside it: no file {name}"
        raise AuthorError(message, one.place)


def _target(recordings: Sequence[Recording], one: Recording) -> str:
    """Find the socket at which the other side takes the guest in."""
    for other in recordings:
        for item in other.items if other is not one else ():
            uri = item.arguments.get("uri", "")
            if item.command == "migrate-incoming" and not _FD.fullmatch(uri):
                return str(Places().value(uri)).removeprefix("unix:")
    return ""


@contextlib.asynccontextmanager
async def _servers(
    sides: Sequence[_Side], build: Build, sandbox: Sandbox
) -> AsyncIterator[None]:
    """Start the NBD servers that no side starts itself."""
    async with contextlib.AsyncExitStack() as stack:
        for side in sides:
            for server in side.setup.servers:
                machine = server_machine(server)
                await stack.enter_async_context(start(machine, build, sandbox))
        yield


async def _speak(side: _Side) -> None:
    """Replay one side: each QEMU of it, one after the other."""
    monitors = dict.fromkeys(it.monitor for it in side.recording.items)
    for monitor in monitors:
        items = [it for it in side.recording.items if it.monitor == monitor]
        item = items[0]
        if side.setup.comes_in(monitor) and _stream(items):
            await _save_a_guest(side, monitor)
        try:
            machine = side.setup.machine(monitor)
            async with start(machine, side.build, side.sandbox) as session:
                await side.setup.prepare(session, monitor)
                await _same_graph_before(side, session, monitor)
                side.talk.over = False
                for item in items:
                    await side.talk.step(item, session)
                if monitor == max(monitors) or side.talk.over:
                    await side.talk.finish(session)
        except (QemuError, TimeoutError) as error:
            words = getattr(error, "message", "") or "the set-up was not over in time"
            side.findings.append(Finding(item.place, "qemu", words, item.number))
            raise Stop from error


async def _same_graph_before(side: _Side, session: Session, monitor: int) -> None:
    """See that the set-up is what the conversation presupposes."""
    recording = side.recording
    if monitor or recording.graph_before is None or side.setup.comes_in(monitor):
        return
    before = Talk(
        # The same comparison as at the end, of the other graph.
        Recording(
            recording.path,
            recording.file,
            recording.qemu,
            recording.items,
            (),
            graph_after=recording.graph_before,
        ),
        *side.talk.manner,
    )
    await before.finish(session)
    side.findings += [
        Finding(it.place, "setup", it.message.replace("after: ", "before: "), 0)
        for it in before.findings
        if it.kind == "graph"
    ]


def _stream(items: Sequence[Item]) -> bool:
    """Say whether a guest comes in from a file that libvirt had open."""
    return any(
        it.command == "migrate-incoming" and _FD.fullmatch(it.arguments.get("uri", ""))
        for it in items
    )


async def _save_a_guest(side: _Side, monitor: int) -> None:
    """Write the stream that is read later: a guest of the same kind, saved."""
    machine = replace(side.setup.machine(monitor), args=side.setup.words())
    async with start(machine, side.build, side.sandbox) as session:
        await session.ask("migrate-set-capabilities", capabilities=[EVENTS])
        with pipe_to(side.sandbox.folder / STREAM) as descriptor:
            session.send_fd(descriptor)
            await session.ask("getfd", fdname="save")
        await session.ask("migrate", uri="fd:save")
        async with asyncio.timeout(PATIENCE):
            await _migrated(session)


async def _migrated(session: Session) -> None:
    """Wait for the end of a migration.

    :raise QemuError: it failed.
    """
    while True:
        data = [it.get("data") for it in session.arrived() if it["event"] == "MIGRATION"]
        done = [it["status"] for it in data if isinstance(it, Mapping)]
        if "completed" in done:
            return
        if "failed" in done:
            raise QemuError("the guest that is restored later cannot be saved")
        await session.next_event()


class _Speaker:
    """Sends commands, with what has to be handed over beside them."""

    def __init__(self, setup: Setup, sandbox: Sandbox, target: str) -> None:
        self._setup = setup
        self._folder = sandbox.folder
        self._target = target

    async def send(
        self, session: Session, item: Item, arguments: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Send a command in the words of this replay; return the reply."""
        words = dict(self._setup.places.value(arguments))
        if item.command == "getfd":
            await self._hand_over(session, str(words["fdname"]))
        elif item.command == "migrate-incoming" and _FD.fullmatch(str(words.get("uri"))):
            with pipe_from(self._folder / STREAM) as descriptor:
                session.send_fd(descriptor)
                await session.ask("getfd", fdname="replay")
            words["uri"] = "fd:replay"
        elif item.command == "object-add" and words.get("qom-type") == "secret":
            words = {"qom-type": "secret", "id": words["id"], "data": SECRET}
        elif item.command == "blockdev-add" and words.get("driver") == "nbd":
            await self._there(str(words["server"].get("path", "")))
        message: dict[str, Any] = {"execute": item.command}
        if item.arguments:
            message["arguments"] = words
        return await session.send(message)

    async def _hand_over(self, session: Session, name: str) -> None:
        """Send the descriptor that libvirt sent: of the other side, or of a file."""
        if not self._target:
            with pipe_to(self._folder / f"stream-{name}") as descriptor:
                session.send_fd(descriptor)
            return
        await self._there(self._target)
        with socket.socket(socket.AF_UNIX) as connected:
            connect(connected, self._folder / self._target)
            session.send_fd(connected.fileno())

    async def _there(self, name: str) -> None:
        """Wait until the other side listens."""
        async with asyncio.timeout(PATIENCE):
            while name and not (self._folder / name).exists():  # noqa: ASYNC110 - a file
                await asyncio.sleep(0.02)
