# SPDX-License-Identifier: GPL-2.0-or-later
"""Run a tool of QEMU's or libnbd's in an example's folder, without a shell."""

import asyncio
import shlex
import shutil
from dataclasses import dataclass

from blockdoc.errors import AuthorError, MissingError, Place, QemuError
from blockdoc.qemu.build import Build
from blockdoc.qemu.sandbox import Sandbox

__all__ = ["TOOLS", "Printed", "run_tool", "tool_command"]

#: What examples may run, and whose it is.
TOOLS = {
    **dict.fromkeys(("qemu-img", "qemu-io", "qemu-nbd"), "QEMU"),
    **dict.fromkeys(("nbdcopy", "nbddump", "nbdinfo"), "libnbd"),
}
#: No tool prints more than this in an example, in bytes.
MOST = 1 << 20


@dataclass(frozen=True, slots=True)
class Printed:
    """What a tool printed, standard output and error together, and how it ended."""

    text: str
    #: Exit status; that of a shell (128 + number) if a signal killed it.
    status: int


def _words(command: str, place: Place) -> list[str]:
    """Split a command as the shell reads quotes.

    :raise AuthorError: it is not a tool that examples may run.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise AuthorError(f"cannot read the command: {error}", place) from error
    if not words or words[0] not in TOOLS:
        known = ", ".join(sorted(TOOLS))
        name = words[0] if words else ""
        raise AuthorError(f"{name!r}: examples do not run this; they run {known}", place)
    return words


def tool_command(name: str, build: Build) -> tuple[str, ...]:
    """Return the words that start a program of `build`, or a tool of libnbd's.

    :raise MissingError: it is not there.
    """
    if TOOLS.get(name) != "libnbd":
        return build.command(name)
    path = shutil.which(name)
    if path is None:
        raise MissingError(f"no {name}: install libnbd's tools (Debian: libnbd-bin)")
    return (path,)


async def run_tool(command: str, build: Build, sandbox: Sandbox, place: Place) -> Printed:
    """Run the command line `command`; it ends with us, whatever ends us.

    :raise AuthorError: it is no tool of the list, or prints without end.
    :raise MissingError: the tool is not installed.
    :raise QemuError: it used more than an example may.
    """
    words = _words(command, place)
    try:
        program = tool_command(words[0], build)
    except MissingError as error:
        raise MissingError(error.message, place) from error
    process = await sandbox.spawn(
        [*program, *words[1:]],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        text = await _read(process, words[0], place)
        status = await process.wait()
        if sandbox.stopped:
            raise QemuError(f"{words[0]} was stopped: {sandbox.stopped}", place)
    finally:
        await asyncio.gather(sandbox.kill(process), _drain(process))
    return Printed(text, status if status >= 0 else 128 - status)


async def _drain(process: asyncio.subprocess.Process) -> None:
    """Read what nobody wants: asyncio waits for the end of a pipe, and stops at much."""
    while process.stdout is not None and await process.stdout.read(1 << 16):
        pass


async def _read(process: asyncio.subprocess.Process, name: str, place: Place) -> str:
    output = bytearray()
    stream = process.stdout
    while stream is not None and (piece := await stream.read(1 << 16)):
        output += piece
        if len(output) > MOST:
            raise AuthorError(f"{name} prints more than {MOST} bytes", place)
    return output.decode(errors="replace")
