# SPDX-License-Identifier: GPL-2.0-or-later
"""The machines of a running example: one folder, its images, a QEMU for each machine.

A machine starts at the first step that speaks to it, so that one may be started on
what another has left, or connect to what another serves.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from blockdoc.doctest.conversation import Conversation, Memory
from blockdoc.doctest.crash import can_be_debugged, reports_for
from blockdoc.doctest.tracing import Names
from blockdoc.errors import BlockdocError, Place, QemuError
from blockdoc.example import Example, Fence
from blockdoc.qemu import Build, Sandbox, TraceFile, make_images, open_sandbox, start
from blockdoc.qemu.limits import LIMITS

__all__ = ["Machines", "open_machines"]


class Machines:
    """The machines of one example; leave them through the stack that they are given."""

    def __init__(
        self,
        example: Example,
        build: Build,
        sandbox: Sandbox,
        stack: contextlib.AsyncExitStack,
        reports: Path | None,
    ) -> None:
        self.example = example
        self.build = build
        self.sandbox = sandbox
        self._stack = stack
        self._memory = Memory()
        self._started: dict[str, Conversation] = {}
        self._traces: dict[str, tuple[TraceFile, Names]] = {}
        self._reports = reports
        self._reported: BlockdocError | None = None

    async def at(self, fence: Fence) -> Conversation:
        """Return the machine that `fence` speaks to; it runs from now on.

        :raise QemuError: it does not start; at its line of the front matter.
        """
        known = self._started.get(fence.vm)
        if known is not None:
            return known
        machine = self.example.machine(fence.vm)
        try:
            session = await self._stack.enter_async_context(
                start(machine, self.build, self.sandbox)
            )
        except QemuError as error:
            place = Place(self.example.path, machine.place.line)
            raise QemuError(error.message, place) from error
        self._started[fence.vm] = Conversation(session, self._memory)
        return self._started[fence.vm]

    async def trace(self, fence: Fence) -> tuple[TraceFile, Names]:
        """Return what the machine of `fence` traces, and what its pointers are called.

        :raise QemuError: it does not start.
        """
        await self.at(fence)
        machine = self.example.machine(fence.vm)
        fresh = TraceFile(machine, self.sandbox.folder), Names()
        return self._traces.setdefault(machine.name, fresh)

    def last_words(self) -> str:
        """Return the tail of what each machine printed."""
        words = ""
        for name, conversation in self._started.items():
            said = conversation.session.last_words()
            words += f"\n{name}:{said}" if name and said else said
        return words

    async def report(self, error: BlockdocError) -> None:
        """Make a crash report if `error` is a crash or a hang; once."""
        if self._reports is None or error is self._reported:
            return
        self._reported = error
        file = self._reports / f"{self.example.name.replace('/', '-')}.html"
        running = [it.session.pid for it in self._started.values()]
        await reports_for(error, self.sandbox.folder, running, self.build, file)


@contextlib.asynccontextmanager
async def open_machines(
    example: Example, build: Build, reports: Path | None = None
) -> AsyncIterator[Machines]:
    """Make the folder and the images of `example`; leave nothing behind.

    :param reports: the folder for crash reports; None: there are to be none.

    :raise AuthorError: an image cannot be made.
    :raise QemuError: a QEMU crashes when it is asked to quit.
    """
    if reports is not None and not can_be_debugged(build):
        reports = None
    limits = replace(LIMITS, core=reports is not None)
    async with open_sandbox(build, limits) as sandbox:
        await make_images(example.images, build, sandbox)
        stack = contextlib.AsyncExitStack()
        machines = Machines(example, build, sandbox, stack, reports)
        try:
            async with stack:
                yield machines
        except QemuError as error:  # also one that crashed when it was asked to quit
            await machines.report(error)
            raise
