# SPDX-License-Identifier: GPL-2.0-or-later
"""Run an example: its machine, then its steps in order."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

from blockdoc.doctest.conversation import LIMIT, Conversation
from blockdoc.doctest.machine import open_machine
from blockdoc.doctest.problem import Problem, StepError
from blockdoc.errors import BlockdocError, Place, QemuError
from blockdoc.example import Example, Fence, Step
from blockdoc.graph import Graph, compare, parse_mermaid, to_mermaid
from blockdoc.qemu import Build, Session, query_graph

__all__ = ["ExampleRun"]


class ExampleRun:
    """An example with its QEMU running: an asynchronous context manager."""

    def __init__(self, example: Example, build: Build) -> None:
        self.example = example
        self.build = build
        #: The first step that did not hold, and why: those after it are not reached.
        self.failed: tuple[Step, BlockdocError] | None = None
        self._done = 0
        self._stack = contextlib.AsyncExitStack()
        self.session: Session
        self.conversation: Conversation

    async def __aenter__(self) -> Self:
        try:
            self.session = await self._stack.enter_async_context(
                open_machine(self.example, self.build)
            )
        except QemuError as error:
            raise QemuError(
                error.message, error.place or Place(self.example.path, 1)
            ) from error
        self.conversation = Conversation(self.session)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            await self._stack.__aexit__(kind, error, traceback)
        except QemuError as crash:
            if self.failed is None:
                last = self.example.steps[-1].fence(self.build.release)
                message = f"{crash.message}\n  while it was asked to quit, after this step"
                raise QemuError(message, last.place) from crash

    async def run_to(self, step: Step) -> None:
        """Run the steps up to and including `step` that have not run yet.

        :raise BlockdocError: one of them does not hold; `failed` says which.
        """
        end = self.example.steps.index(step) + 1
        for current in self.example.steps[self._done : end]:
            try:
                await self.run_step(current)
            except BlockdocError as error:
                self.failed = (current, error)
                if isinstance(error, StepError):
                    error.last_words = self.session.last_words()
                raise
            self._done += 1

    async def run_step(self, step: Step) -> None:
        """Run one step; the steps before it must have run.

        :raise BlockdocError: it does not hold.
        """
        fence = step.fence(self.build.release)
        if step.kind == "qmp":
            await self.conversation.speak(fence)
        else:
            check_graph(fence, await self.graph(fence))

    async def graph(self, fence: Fence) -> Graph:
        """Return the block graph as it is now.

        :raise QemuError: QEMU died or hangs, at `fence`.
        """
        try:
            async with asyncio.timeout(LIMIT):
                return await query_graph(self.session)
        except TimeoutError:
            message = f"QEMU did not tell its graph within {LIMIT:g} s"
            raise QemuError(message + self.session.last_words(), fence.place) from None
        except QemuError as error:
            raise QemuError(error.message, fence.place) from error


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
