# SPDX-License-Identifier: GPL-2.0-or-later
"""Run an example: its steps in order, each spoken to its machine.

::

    step ─┬─ qmp      Conversation.speak      a transcript
          ├─ hmp      Dialogue.hold           the human monitor
          ├─ console  Dialogue.hold           QEMU's and libnbd's tools
          ├─ gdb      Debugging.hold          QEMU's memory, if the build has DWARF
          ├─ trace    Tracing.hold            the trace events since the last such step
          └─ graph    check_graph             the block graph, as it is now
"""

import asyncio
import contextlib
from pathlib import Path
from types import TracebackType
from typing import Self

from blockdoc.doctest.debugging import Debugging, speak_only
from blockdoc.doctest.dialogue import Dialogue, ask_monitor, ask_tool
from blockdoc.doctest.filters import Filters, filters_of
from blockdoc.doctest.limits import STEP, Clock, Limit
from blockdoc.doctest.machines import Machines, open_machines
from blockdoc.doctest.problem import Problem, StepError
from blockdoc.doctest.tracing import Tracing
from blockdoc.errors import BlockdocError, Place, QemuError
from blockdoc.example import Example, Fence, Step
from blockdoc.graph import Graph, compare, parse_mermaid, to_mermaid
from blockdoc.qemu import Build, query_graph
from blockdoc.qemu.debugger import Debugger, why_no_debugger
from blockdoc.qemu.session import program_of
from blockdoc.transcript import CONSOLE, MONITOR

__all__ = ["ExampleRun", "why_left_out"]


class ExampleRun:
    """An example that runs: an asynchronous context manager."""

    def __init__(
        self,
        example: Example,
        build: Build,
        step_limit: float = STEP,
        reports: Path | None = None,
    ) -> None:
        self.example = example
        self.build = build
        #: The first step that did not hold, and why: those after it are not reached.
        self.failed: tuple[Step, BlockdocError] | None = None
        #: Whether a step was cut off: by Ctrl-C, say.
        self._cut_off = False
        #: The folder for reports of a QEMU that crashes or hangs; None: none are made.
        self._reports = reports
        self.clock = Clock(example, step_limit)
        self.machines: Machines
        self._done = 0
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        opened = open_machines(self.example, self.build, self._reports)
        self.machines = await self._stack.enter_async_context(opened)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.failed is not None:  # end QEMU at once: it may hang
            kind, error = type(self.failed[1]), self.failed[1]
        elif self._cut_off and error is None:  # nobody wants to wait
            kind, error = asyncio.CancelledError, asyncio.CancelledError()
        try:
            await self._stack.__aexit__(kind, error, traceback)
        except QemuError as crash:
            if self.failed is None:
                last = self.example.steps[-1].fence(self.build)
                message = (
                    f"{crash.message}\n  noticed when it was asked to quit, after this step"
                )
                raise QemuError(message, last.place) from crash

    @property
    def passed(self) -> bool:
        """Whether every step has run and held."""
        return self.failed is None and self._done == len(self.example.steps)

    async def run_to(self, step: Step) -> None:
        """Run the steps up to and including `step` that have not run yet.

        :raise BlockdocError: one of them does not hold; `failed` says which.
        """
        end = self.example.steps.index(step) + 1
        for current in self.example.steps[self._done : end]:
            started = self.clock.start()
            try:
                await self.run_step(current)
            except BlockdocError as error:
                self.failed = (current, error)
                if isinstance(error, StepError):
                    error.last_words = self.machines.last_words()
                await self.machines.report(error)
                raise
            except BaseException:
                self._cut_off = True
                raise
            finally:
                self.clock.stop(started)
            self._done += 1

    async def run_step(self, step: Step) -> None:
        """Run one step; the steps before it must have run.

        :raise BlockdocError: it does not hold.
        """
        fence = step.fence(self.build)
        limit = self.clock.limit(fence)
        if step.kind == "qmp":
            conversation = await self.machines.at(fence)
            await conversation.speak(fence, self.filters(fence), limit)
        elif step.kind == "graph":
            check_graph(fence, await self.graph(fence, limit))
        elif step.kind == "gdb":
            await self._debug(fence, limit)
        elif step.kind == "trace":
            (await self.tracing(fence)).hold()
        else:
            await (await self.dialogue(step, fence)).hold(limit)

    async def _debug(self, fence: Fence, limit: Limit) -> None:
        """Look with gdb; where that cannot be, hold the conversation alone."""
        if self.left_out(fence):
            conversation = await self.machines.at(fence)
            await speak_only(fence, conversation, self.filters(fence), limit)
        else:
            await (await self.debugging(fence)).hold(limit)

    def left_out(self, fence: Fence) -> str:
        """Say why gdb cannot look at the machine of `fence`; empty if it can."""
        return why_left_out(self.example, fence, self.build)

    async def debugging(self, fence: Fence) -> Debugging:
        """Return what looks at the machine with gdb.

        :raise BlockdocError: the machine does not start, or a filter does not exist.
        """
        conversation = await self.machines.at(fence)
        program = self.build.command(program_of(self.example.machine(fence.vm)))[0]
        debugger = Debugger(Path(program), conversation.session.pid, fence.place)
        return Debugging(fence, conversation, debugger, self.filters(fence))

    def filters(self, fence: Fence) -> Filters:
        """Return the filters that `fence` asks for.

        :raise AuthorError: one of them does not exist.
        """
        return filters_of(fence, self.example, self.machines.sandbox.place)

    async def dialogue(self, step: Step, fence: Fence) -> Dialogue:
        """Return what types the commands of a console or hmp step.

        :raise BlockdocError: the machine does not start.
        """
        filters = self.filters(fence)
        if step.kind == "console":
            ask = ask_tool(self.build, self.machines.sandbox)
            return Dialogue(fence, CONSOLE, ask, filters)
        return Dialogue(fence, MONITOR, ask_monitor(await self.machines.at(fence)), filters)

    async def tracing(self, fence: Fence) -> Tracing:
        """Return what the machine has traced, to be held against `fence`.

        :raise BlockdocError: the machine does not start, or a filter does not exist.
        """
        return Tracing(fence, *await self.machines.trace(fence), self.filters(fence))

    async def graph(self, fence: Fence, limit: Limit) -> Graph:
        """Return the block graph as it is now.

        :raise QemuError: QEMU died or hangs, at `fence`.
        """
        session = (await self.machines.at(fence)).session
        try:
            async with asyncio.timeout(limit.seconds):
                return await query_graph(session)
        except TimeoutError:
            message = f"QEMU did not tell its graph {limit.words}"
            raise QemuError(message + session.last_words(), fence.place) from None
        except QemuError as error:
            raise QemuError(error.message, fence.place) from error


def why_left_out(example: Example, fence: Fence, build: Build) -> str:
    """Say why gdb cannot look at the machine of a gdb step; empty if it can."""
    return why_no_debugger(build.command(program_of(example.machine(fence.vm))))


def check_graph(fence: Fence, actual: Graph) -> None:
    """Hold a recorded graph against the live one.

    :raise StepError: they differ; at the line of the first difference.
    :raise AuthorError: the fence is not a recorded graph.
    """
    if not fence.text.strip():
        raise StepError(Problem(fence.place, "no graph is recorded; `make record` draws it"))
    differences = compare(parse_mermaid(fence.text, fence.body), actual)
    drawn = to_mermaid(actual)
    if differences:
        message = "the graph is another one\n" + "\n".join(f"  {it}" for it in differences)
        place = Place(fence.body.path, min(it.line for it in differences))
        raise StepError(Problem(place, message, fence.text, drawn))
    if fence.text.rstrip() != drawn.rstrip():
        message = "the same graph, but not written as `make record` writes it"
        raise StepError(Problem(fence.body, message, fence.text, drawn))
