# SPDX-License-Identifier: GPL-2.0-or-later
"""A fresh QEMU process and the QMP conversation with it, through qemu.qmp.

The monitor is one end of a socket pair that QEMU inherits: there is no address to
wait for, and nobody else can connect.  What QEMU prints is kept for its last words.
"""

import asyncio
import contextlib
import os
import socket
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from typing import cast

from qemu.qmp import (
    ConnectError,
    EventListener,
    ExecInterruptedError,
    StateError,
)
from qemu.qmp.message import Message
from qemu.qmp.qmp_client import ExecuteError

from blockdoc.errors import QemuError
from blockdoc.example import Machine
from blockdoc.qemu.build import Build
from blockdoc.qemu.client import Client, complaint
from blockdoc.qemu.ending import how_it_ended
from blockdoc.qemu.log import Log
from blockdoc.qemu.sandbox import Sandbox
from blockdoc.qemu.seccomp import seccomp
from blockdoc.qemu.tracing import trace_options
from blockdoc.transcript import Json

__all__ = ["Session", "program_of", "qemu_command", "start"]

#: How long QEMU may take to greet us, and to leave when asked, in seconds.
START_LIMIT = 60.0
QUIT_LIMIT = 5.0

JsonObject = Mapping[str, Json]


class Session:
    """A running QEMU, and what it has said so far."""

    def __init__(self, process: Process, log: Log, sandbox: Sandbox) -> None:
        self._process = process
        self._log = log
        self._sandbox = sandbox
        self._client = Client("example")
        self._listener = EventListener()
        self._client.register_listener(self._listener)
        #: Events that have arrived and that nobody has taken.
        self._events: list[JsonObject] = []
        #: Whether its end was asked for, by who shows a bug that ends it.
        self._is_over = False
        self._death = asyncio.create_task(process.wait())

    @property
    def pid(self) -> int:
        """The process that QEMU descends from, or is."""
        return self._process.pid

    async def connect(self, monitor: socket.socket) -> None:
        """Greet QEMU over `monitor`, whose other end it has.

        :raise QemuError: it does not start.
        """
        try:
            await asyncio.wait_for(self._client.connect(monitor.dup()), START_LIMIT)
        except (ConnectError, AssertionError) as error:  # it asserts that all goes well
            how = await self._dead(complaint(error))
            raise QemuError(f"QEMU does not start: {how}") from error
        except TimeoutError as error:
            message = f"QEMU does not start: no greeting within {START_LIMIT:g} s"
            raise QemuError(message + self._log.last_words()) from error

    def send(self, message: JsonObject) -> asyncio.Task[JsonObject]:
        """Send a command; the task is done when its reply is there."""
        return asyncio.create_task(self._answer(message))

    def send_fd(self, descriptor: int) -> None:
        """Hand QEMU an open file, for the next command (``getfd``, ``add-fd``) to take."""
        self._client.send_fd_scm(descriptor)

    async def ask(self, command: str, **arguments: Json) -> Json:
        """Send a command and return its answer.

        :raise QemuError: QEMU refused it, or died.
        """
        reply = await self.send({"execute": command, "arguments": arguments})
        if "return" not in reply:
            raise QemuError(f"{command}: {reply['error']}")
        return reply["return"]

    async def _answer(self, message: JsonObject) -> JsonObject:
        try:
            answer = await self._client.execute_msg(Message(dict(message)))
        except ExecuteError as error:
            return _plain({key: it for key, it in error.received.items() if key != "id"})
        except (ExecInterruptedError, StateError):
            raise await self._dead() from None
        return _plain({"return": answer})

    def arrived(self) -> list[JsonObject]:
        """Return the events that have arrived and that nobody has taken; take from it."""
        self._events += map(_plain, self._listener.clear())
        return self._events

    async def next_event(self) -> None:
        """Wait until one more event has arrived.

        :raise QemuError: QEMU died instead.
        """
        waiting = asyncio.ensure_future(self._listener.get())
        gone = asyncio.ensure_future(self._client.gone())
        try:
            await asyncio.wait(
                {waiting, gone, self._death}, return_when=asyncio.FIRST_COMPLETED
            )
            if waiting.done():
                self._events.append(_plain(waiting.result()))
            else:
                raise await self._dead()
        finally:
            waiting.cancel()
            gone.cancel()

    async def _dead(self, why: str | None = None) -> QemuError:
        """Say how QEMU ended: it has hung up, or said what made us hang up."""
        why = why or await self._hung_up()
        if why is None:
            await asyncio.wait({self._death}, timeout=QUIT_LIMIT)
        status = self._process.returncode
        if self._sandbox.stopped:
            how = f"QEMU was stopped: {self._sandbox.stopped}"
        elif status is not None:
            how = how_it_ended("QEMU", status, self._log.text())
        else:
            how = why or "QEMU closed the monitor but goes on running"
        return QemuError(how + self._log.last_words())

    async def _hung_up(self) -> str | None:
        """Say why qemu.qmp gave up, if it was not that QEMU closed the monitor."""
        try:
            await self._client.disconnect()
        except Exception as error:  # noqa: BLE001 - whatever it is: the monitor is closed
            return complaint(error)
        return None

    async def ended(self) -> str:
        """Wait until QEMU has ended by itself, and say how: ``aborted (SIGABRT): …``."""
        status = await asyncio.shield(self._death)
        self._is_over = True
        return how_it_ended("QEMU", status, self._log.text()).removeprefix("QEMU ")

    def last_words(self) -> str:
        """Return the tail of what QEMU printed, ready to follow a message."""
        return self._log.last_words()

    async def close(self) -> None:
        """End QEMU politely, and look how it ends.

        :raise QemuError: it crashed when it was asked to quit, or did not.
        """
        if self._is_over:
            await self.kill()
            return
        try:
            quitting = self.send({"execute": "quit"})
            await asyncio.wait({quitting, self._death}, timeout=QUIT_LIMIT)
            await asyncio.wait({self._death}, timeout=QUIT_LIMIT)
            quitting.cancel()
            (told,) = await asyncio.gather(quitting, return_exceptions=True)
            if self._process.returncode is None:
                if isinstance(told, QemuError):
                    raise told
                message = f"QEMU did not end within {2 * QUIT_LIMIT:g} s, and was killed"
                raise QemuError(message + self._log.last_words())
            if self._process.returncode != 0:
                raise await self._dead()
        finally:
            await self.kill()

    async def kill(self) -> None:
        """End QEMU at once, with all that it has started."""
        await self._sandbox.kill(self._process)
        await self._death
        with contextlib.suppress(Exception):
            await self._client.disconnect()


@contextlib.asynccontextmanager
async def start(machine: Machine, build: Build, sandbox: Sandbox) -> AsyncIterator[Session]:
    """Start QEMU in the folder of `sandbox`; end it on the way out.

    :raise QemuError: it does not start, or it crashed when it was asked to quit.
    """
    ours, theirs = socket.socketpair()
    with Log.open() as log, ours:
        with theirs:
            command = qemu_command(machine, build)
            process = await sandbox.spawn(
                command, stdin=theirs.fileno(), stdout=log.file, stderr=log.file
            )
        session = Session(process, log, sandbox)
        try:
            await session.connect(ours)
            yield session
        except BaseException:
            await session.kill()
            raise
        try:
            await session.close()
        except QemuError as error:
            name = f"{machine.name}: " if machine.name else ""
            raise QemuError(name + error.message) from error


def _plain(message: Mapping[str, object]) -> JsonObject:
    """Say of a message that came in that it is JSON."""
    return cast("JsonObject", dict(message))


def program_of(machine: Machine) -> str:
    """Return the name of the program that a machine runs."""
    storage = machine.kind == "storage-daemon"
    return "qemu-storage-daemon" if storage else f"qemu-system-{os.uname().machine}"


def qemu_command(machine: Machine, build: Build) -> list[str]:
    """Return QEMU's command line; its monitor is its standard input, a socket."""
    chardev = "socket,id=blockdoc-qmp,fd=0"
    program = build.command(program_of(machine))
    if machine.kind == "storage-daemon":
        monitor = ["--chardev", chardev, "--monitor", "chardev=blockdoc-qmp"]
        return [*program, *monitor, *trace_options(machine), *machine.args]
    board = [] if {"-machine", "-M"} & set(machine.args) else ["-machine", "none"]
    quiet = ["-nodefaults", "-no-user-config", "-display", "none", "-S", *board]
    monitor = ["-chardev", chardev, "-qmp", "chardev:blockdoc-qmp"]
    return [*program, *seccomp(build), *quiet, *monitor, *trace_options(machine), *machine.args]
