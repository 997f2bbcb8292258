# SPDX-License-Identifier: GPL-2.0-or-later
"""Which reply belongs to which command.

A reply belongs to the command with its ``id``, or else to the oldest command that has
none yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blockdoc.lint.protocol import ERROR_CLASSES
from blockdoc.transcript import Command, Member, Object, Pattern, Reply, Scalar, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blockdoc.transcript import Transcript

__all__ = ["EXECUTE", "Exchange", "exchanges"]

#: The members of a command that can hold its name.
EXECUTE = ("execute", "exec-oob")
#: Classes of errors that a command that is not there is never answered with.
OTHER_CLASSES = {*ERROR_CLASSES} - {"CommandNotFound"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A command and the reply to it, or one of them alone."""

    command: Command | None
    reply: Reply | None

    @property
    def execute(self) -> Member | None:
        """The member of the command that holds its name, if the name is written out."""
        pattern = self.command.pattern if self.command else None
        members = pattern.members if isinstance(pattern, Object) else ()
        return next((it for it in members if it.key in EXECUTE and _is_text(it.value)), None)

    @property
    def name(self) -> str:
        """The name of the command, or nothing."""
        value = self.execute.value if self.execute else None
        return str(value.value) if isinstance(value, Scalar) else ""

    @property
    def arguments(self) -> Pattern | None:
        """The arguments of the command."""
        return _member(self.command, "arguments")

    @property
    def returned(self) -> Pattern | None:
        """What the command returned."""
        return _member(self.reply, "return")

    @property
    def error(self) -> Pattern | None:
        """The error that QEMU answered."""
        return _member(self.reply, "error")

    @property
    def knew_the_command(self) -> bool:
        """Whether QEMU answered with an error, but not that there is no such command."""
        kind = self.error.get("class") if isinstance(self.error, Object) else None
        return isinstance(kind, Scalar) and kind.value in OTHER_CLASSES


def exchanges(transcript: Transcript) -> Iterator[Exchange]:
    """Pair replies with commands, in the order of the replies; then what has none."""
    waiting: list[Command] = []
    for item in transcript.items:
        if isinstance(item, Command):
            waiting.append(item)
        elif isinstance(item, Reply):
            yield Exchange(_take(waiting, item), item)
    yield from (Exchange(command, None) for command in waiting)


def _take(waiting: list[Command], reply: Reply) -> Command | None:
    """Take out the command that a reply belongs to; the greeting belongs to none."""
    if not waiting or _member(reply, "QMP") is not None:
        return None
    wanted = _id(reply)
    same = (it for it in waiting if wanted is not None and _id(it) == wanted)
    found = next(same, waiting[0])
    waiting.remove(found)
    return found


def _id(message: Command | Reply) -> str | None:
    """Write the ``id`` of a message, if it has one."""
    pattern = _member(message, "id")
    return show(pattern) if pattern is not None else None


def _member(message: Command | Reply | None, key: str) -> Pattern | None:
    pattern = message.pattern if message else None
    return pattern.get(key) if isinstance(pattern, Object) else None


def _is_text(pattern: Pattern) -> bool:
    return isinstance(pattern, Scalar) and isinstance(pattern.value, str)
