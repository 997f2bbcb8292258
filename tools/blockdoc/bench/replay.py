# SPDX-License-Identifier: GPL-2.0-or-later
"""Replay a conversation without looking at the answers, to see how quick it can be.

=========  ====================================================================
floor      a sandbox, QEMU, its greeting, ``quit``
raw        ``json`` over a blocking socket
qmp        the qemu.qmp package, one command after the other
runner     what runs the examples: an image that was made before is copied
anew       the same, and all images are made
=========  ====================================================================

All start QEMU in the same sandbox, and all but the floor make the images (the floor
only those without which QEMU does not start).
"""

import asyncio
import contextlib
import json
import socket
import subprocess
from collections.abc import Iterator
from subprocess import DEVNULL
from typing import IO, cast

from qemu.qmp import QMPClient

from blockdoc.bench.script import Awaited, JsonObject, Script
from blockdoc.doctest.run import ExampleRun
from blockdoc.qemu import Build, Sandbox, open_sandbox
from blockdoc.qemu.images import commands_of
from blockdoc.qemu.session import qemu_command
from blockdoc.qemu.templates import templates

__all__ = ["anew", "floor", "qmp", "raw", "runner"]


async def runner(script: Script, build: Build) -> None:
    """Run the example as the tests do."""
    async with ExampleRun(script.example, build) as run:
        await run.run_to(script.example.steps[-1])


async def anew(script: Script, build: Build) -> None:
    """Run the example as the first of its kind: no image has been made before."""
    templates.cache_clear()
    await runner(script, build)


async def floor(script: Script, build: Build) -> None:
    """Start QEMU and end it."""
    async with open_sandbox(build) as sandbox:
        if any(
            image.name in word
            for image in script.example.images
            for word in script.machine.args
        ):
            _images(script, build, sandbox)
        with _started(script, build, sandbox) as wire:
            wire.send({"execute": "quit"})


async def raw(script: Script, build: Build) -> None:
    """Speak over a socket, with nothing in between."""
    async with open_sandbox(build) as sandbox:
        _images(script, build, sandbox)
        with _started(script, build, sandbox) as wire:
            over = False
            for line in script.lines:
                if isinstance(line, Awaited):
                    wire.wait(line)
                else:
                    wire.send(line)
                    over = line.get("execute") == "quit"
            if not over:
                wire.send({"execute": "quit"})


async def qmp(script: Script, build: Build) -> None:
    """Speak through qemu.qmp, and ask nothing of the answers."""
    async with open_sandbox(build) as sandbox:
        _images(script, build, sandbox)
        ours, theirs = socket.socketpair()
        with theirs, ours:
            process = _spawn(script, build, sandbox, theirs)
            client = QMPClient()
            await client.connect(ours.dup())
        unanswered = await _speak(client, script)
        with contextlib.suppress(Exception):
            await client.execute("quit")
        with contextlib.suppress(Exception):
            await client.disconnect()
        await asyncio.gather(*unanswered, return_exceptions=True)
        process.wait()


async def _speak(client: QMPClient, script: Script) -> list[asyncio.Task[object]]:
    """Say all lines; return the commands to which no reply is awaited."""
    events: list[JsonObject] = []
    replies: list[asyncio.Task[object]] = []
    with client.listener() as listener:
        for line in script.lines:
            if not isinstance(line, Awaited):
                replies.append(asyncio.create_task(client._raw(line)))  # noqa: SLF001
            elif line.event is None:
                await replies.pop(0)
            else:
                while not any(map(line.fits, events)):
                    events.append(cast("JsonObject", await listener.get()))
                events.remove(next(filter(line.fits, events)))
    return replies


class _Wire:
    """QEMU's monitor, a line at a time."""

    def __init__(self, monitor: socket.socket) -> None:
        self._monitor = monitor
        self._lines: IO[bytes] = monitor.makefile("rb")
        self._kept: list[JsonObject] = []

    def send(self, message: JsonObject) -> None:
        self._monitor.sendall(json.dumps(message).encode())

    def wait(self, awaited: Awaited) -> None:
        for message in self._kept:
            if awaited.fits(message):
                self._kept.remove(message)
                return
        while not awaited.fits(message := json.loads(next(self._lines))):
            self._kept.append(message)


@contextlib.contextmanager
def _started(script: Script, build: Build, sandbox: Sandbox) -> Iterator[_Wire]:
    """Start QEMU and greet it; wait for its end on the way out."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = _spawn(script, build, sandbox, theirs)
        wire = _Wire(ours)
        wire.send({"execute": "qmp_capabilities"})
        wire.wait(Awaited())
        wire.wait(Awaited())
        yield wire
        process.wait()


def _spawn(
    script: Script, build: Build, sandbox: Sandbox, monitor: socket.socket
) -> "subprocess.Popen[bytes]":
    command = sandbox.command(qemu_command(script.machine, build))
    return subprocess.Popen(
        command.words, stdin=monitor.fileno(), stdout=DEVNULL, stderr=DEVNULL, **command.how
    )


def _images(script: Script, build: Build, sandbox: Sandbox) -> None:
    for image in script.example.images:
        for words in commands_of(image, build):
            command = sandbox.command(words)
            subprocess.run(
                command.words, stdin=DEVNULL, stdout=DEVNULL, check=True, **command.how
            )
