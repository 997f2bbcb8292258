# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs and conversations in a sandbox."""

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from typing import Any

from blockdoc.example import Machine
from blockdoc.qemu import (
    Build,
    Session,
    open_sandbox,
    start,
)
from blockdoc.qemu.limits import Limits

DAEMON = Machine("storage-daemon")
BOARD = Machine("system", ("-machine", "q35"))
#: Time is not among what is small: where memory is slow to come, a program that shall use
#: too much of it ends for its time first.
SMALL = Limits(file=1 << 30, tasks=128, memory=256 << 20, disk=32 << 20, printed=1 << 20)


def program(build: Build, script: str, limits: Limits = SMALL) -> tuple[str, int, str]:
    """Return what a shell script printed in a sandbox, its status, and why it was stopped."""

    async def run() -> tuple[str, int, str]:
        async with open_sandbox(build, limits) as sandbox:
            process = await sandbox.spawn(
                ["/bin/sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            output, _ = await asyncio.wait_for(process.communicate(), 30)
            return output.decode(), process.returncode or 0, sandbox.stopped

    return asyncio.run(run())


def converse(
    build: Build,
    machine: Machine,
    what: Callable[[Session], Awaitable[Any]],
    limits: Limits = SMALL,
) -> Any:  # noqa: ANN401 - what the conversation returns
    async def run() -> object:
        async with (
            open_sandbox(build, limits) as sandbox,
            start(machine, build, sandbox) as session,
        ):
            return await asyncio.wait_for(what(session), 30)

    return asyncio.run(run())
