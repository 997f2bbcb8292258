# SPDX-License-Identifier: GPL-2.0-or-later
"""A fresh QEMU process and the QMP conversation with it, through qemu.qmp.

The monitor is one end of a socket pair that QEMU inherits: there is no address to
wait for, and nobody else can connect.  What QEMU prints is kept for its last words.
"""

import asyncio
import contextlib
import os
import signal
import socket
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import BinaryIO, cast

from qemu.qmp import ConnectError, EventListener, ExecInterruptedError, QMPClient, StateError
from qemu.qmp.message import Message
from qemu.qmp.qmp_client import ExecuteError

from blockdoc.errors import QemuError
from blockdoc.example import Machine
from blockdoc.qemu.build import Build
from blockdoc.qemu.process import die_with_this_process
from blockdoc.transcript import Json

__all__ = ["Session", "start"]

#: How long QEMU may take to greet us, and to leave when asked, in seconds.
START_LIMIT = 60.0
QUIT_LIMIT = 5.0
LAST_WORDS = 12
#: How much of what QEMU printed is looked at for them, in bytes.
TAIL = 8192

JsonObject = Mapping[str, Json]


class Session:
    """A running QEMU, and what it has said so far."""

    def __init__(self, process: Process, log: BinaryIO) -> None:
        self._process = process
        self._log = log
        self._client = QMPClient("example")
        self._listener = EventListener()
        self._client.register_listener(self._listener)
        #: Events that have arrived and that nobody has taken.
        self._events: list[JsonObject] = []
        self._death = asyncio.create_task(process.wait())

    async def connect(self, monitor: socket.socket) -> None:
        """Greet QEMU over `monitor`, whose other end it has.

        :raise QemuError: it does not start.
        """
        try:
            await asyncio.wait_for(self._client.connect(monitor.dup()), START_LIMIT)
        except ConnectError as error:
            how = await self._dead()
            raise QemuError(f"QEMU does not start: {how}") from error
        except TimeoutError as error:
            message = f"QEMU does not start: no greeting within {START_LIMIT:g} s"
            raise QemuError(message + self.last_words()) from error

    def send(self, message: JsonObject) -> asyncio.Task[JsonObject]:
        """Send a command; the task is done when its reply is there."""
        return asyncio.create_task(self._answer(message))

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
        try:
            await asyncio.wait({waiting, self._death}, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                self._events.append(_plain(waiting.result()))
            else:
                raise await self._dead()
        finally:
            waiting.cancel()

    async def _dead(self) -> QemuError:
        """Say how QEMU ended: it has hung up."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._death), QUIT_LIMIT)
        code = self._process.returncode
        if code is None:
            return QemuError(f"QEMU closed the monitor but goes on running{self.last_words()}")
        how = f"killed by {_signal_name(-code)}" if code < 0 else f"with exit status {code}"
        return QemuError(f"QEMU ended, {how}{self.last_words()}")

    def last_words(self) -> str:
        """Return the tail of what QEMU printed, ready to follow a message."""
        self._log.seek(max(0, self._log.seek(0, os.SEEK_END) - TAIL))
        lines = self._log.read().decode(errors="replace").splitlines()[-LAST_WORDS:]
        return "".join(f"\n  qemu: {line}" for line in lines)

    async def close(self) -> None:
        """End QEMU, politely first.

        :raise QemuError: it crashed when it was asked to quit, or did not.
        """
        try:
            quitting = self.send({"execute": "quit"})
            await asyncio.wait({quitting, self._death}, timeout=QUIT_LIMIT)
            await asyncio.wait({self._death}, timeout=QUIT_LIMIT)
            quitting.cancel()
            with contextlib.suppress(QemuError, asyncio.CancelledError):
                await quitting
            if self._process.returncode is None:
                message = f"QEMU did not end within {2 * QUIT_LIMIT:g} s, and was killed"
                raise QemuError(message + self.last_words())
            if self._process.returncode != 0:
                raise await self._dead()
        finally:
            await self.kill()

    async def kill(self) -> None:
        """End QEMU at once, with all that it has started: it may be a wrapper's child."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._death
        with contextlib.suppress(Exception):
            await self._client.disconnect()


@contextlib.asynccontextmanager
async def start(machine: Machine, build: Build, folder: Path) -> AsyncIterator[Session]:
    """Start QEMU in `folder`, its working directory; end it on the way out.

    :raise QemuError: it does not start, or it crashed when it was asked to quit.
    """
    ours, theirs = socket.socketpair()
    # Appending: QEMU shares the position, and we move it to read.
    with tempfile.TemporaryFile("a+b") as log, ours:
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *_command(machine, build, theirs.fileno()),
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **build.environment},
                pass_fds=[theirs.fileno()],
                preexec_fn=die_with_this_process(),
                start_new_session=True,
            )
        session = Session(process, log)
        try:
            await session.connect(ours)
            yield session
        except BaseException:
            await session.kill()
            raise
        await session.close()


def _plain(message: Mapping[str, object]) -> JsonObject:
    """Say of a message that came in that it is JSON."""
    return cast("JsonObject", dict(message))


def _command(machine: Machine, build: Build, monitor: int) -> list[str]:
    chardev = f"socket,id=blockdoc-qmp,fd={monitor}"
    if machine.kind == "storage-daemon":
        program = build.command("qemu-storage-daemon")
        return [
            *program,
            "--chardev",
            chardev,
            "--monitor",
            "chardev=blockdoc-qmp",
            *machine.args,
        ]
    program = build.command(f"qemu-system-{os.uname().machine}")
    board = [] if {"-machine", "-M"} & set(machine.args) else ["-machine", "none"]
    quiet = ["-nodefaults", "-no-user-config", "-display", "none", "-S", *board]
    return [
        *program,
        *quiet,
        "-chardev",
        chardev,
        "-qmp",
        "chardev:blockdoc-qmp",
        *machine.args,
    ]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
