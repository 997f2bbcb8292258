# SPDX-License-Identifier: GPL-2.0-or-later
r"""Steps that look at the machine with gdb, where the build has debugging information.

::

    -> { "execute": "transaction", … }        sent; its answer is not waited for yet
    (gdb) qemu-block why                      looked at, until it is what is written
    Thread 1 begins a drained section …
    <- { "return": {} }                       waited for, when gdb is gone

    :at:    mirror_co_zero                    gdb looks at a core file, made there
    :core:                                    the same, made now

On other builds the conversation is held, and gdb is left out.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from blockdoc.doctest.conversation import Conversation
from blockdoc.doctest.dialogue import Dialogue
from blockdoc.doctest.filters import Filters
from blockdoc.doctest.limits import Limit
from blockdoc.doctest.problem import Problem, StepError
from blockdoc.errors import AuthorError, Place
from blockdoc.example import Fence
from blockdoc.qemu import Printed
from blockdoc.qemu.debugger import Debugger, check_command
from blockdoc.transcript import DEBUGGER, Edit, without_dialogue, without_transcript

__all__ = ["Debugging", "speak_only"]

#: How long QEMU has to begin what it was told, and gdb to find it so, in seconds.
BEGIN = 0.3


async def speak_only(
    fence: Fence, conversation: Conversation, filters: Filters, limit: Limit
) -> None:
    """Hold the conversation of a fence without gdb.

    :raise BlockdocError: it does not hold.
    """
    await conversation.speak(_spoken(fence), filters, limit)


def _spoken(fence: Fence) -> Fence:
    return replace(fence, text=without_dialogue(fence.text, DEBUGGER))


@dataclass(slots=True)
class Debugging:
    """A fence of gdb's commands, a machine to speak to, and gdb."""

    fence: Fence
    conversation: Conversation
    debugger: Debugger
    filters: Filters
    #: What is said to QEMU while gdb looks.
    _speeches: list["asyncio.Task[None]"] = field(default_factory=list)

    async def hold(self, limit: Limit) -> None:
        """Look, until gdb prints what is written.

        :raise StepError: it prints something else, or QEMU says something else.
        :raise BlockdocError: gdb cannot look, or a command does more than look.
        """
        last: StepError | None = None
        try:
            async with asyncio.timeout(limit.seconds), self._beside(limit) as core:
                while True:
                    printed = await self._look(core)
                    try:
                        await self._dialogue(printed).hold(limit)
                    except StepError as error:
                        last = last or error
                        if core is not None or self._is_over():
                            raise last from None
                        await asyncio.sleep(BEGIN)
                    else:
                        break
        except TimeoutError:
            message = f"gdb did not look {limit.words}"
            raise last or StepError(Problem(self.fence.place, message)) from None

    async def edits(self, limit: Limit) -> list[Edit]:
        """Look once; return what has to change in the fence's text.

        :raise BlockdocError: gdb cannot look, or takes too long.
        """
        try:
            async with asyncio.timeout(limit.seconds), self._beside(limit) as core:
                return await self._dialogue(await self._look(core)).edits(limit)
        except TimeoutError:
            raise AuthorError(f"gdb did not look {limit.words}", self.fence.place) from None

    def _is_over(self) -> bool:
        """Say whether there is nothing more to wait for: what was asked is answered."""
        return self._speeches[-1].done() if self._speeches else False

    @contextlib.asynccontextmanager
    async def _beside(self, limit: Limit) -> AsyncIterator[Path | None]:
        """Speak to QEMU meanwhile; yield the core file, if one is to be looked at."""
        options = self.fence.options
        function = options.get("at", "")
        spoken = _spoken(self.fence)
        speeches = self._speeches

        async def begin() -> None:
            if spoken.text.strip():
                talk = self.conversation.speak(spoken, self.filters, limit)
                speeches.append(asyncio.create_task(talk))
                await asyncio.sleep(BEGIN)

        try:
            if function or "core" in options:
                if not function:
                    await begin()
                act = begin if function else _nothing
                async with self.debugger.core(function, act) as core:
                    yield core
            else:
                await begin()
                yield None
            for speech in speeches:
                await speech
        finally:
            for speech in speeches:
                speech.cancel()
            await asyncio.gather(*speeches, return_exceptions=True)

    async def _look(self, core: Path | None) -> Sequence[str]:
        commands = []
        for exchange in self._dialogue(()).exchanges():
            place = Place(self.fence.body.path, exchange.line)
            check_command(exchange.command, place)
            commands.append(exchange.command)
        return await self.debugger.look(commands, core)

    def _dialogue(self, printed: Sequence[str]) -> Dialogue:
        texts = iter(printed)

        async def ask(_command: str, _place: Place) -> Printed:
            return Printed(next(texts), 0)

        text = without_transcript(self.fence.text, DEBUGGER)
        return Dialogue(replace(self.fence, text=text), DEBUGGER, ask, self.filters)


async def _nothing() -> None:
    pass
