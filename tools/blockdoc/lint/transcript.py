# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds a transcript against a schema.

::

    Transcript ─┬─ each message ──► has the form of one           protocol
                ├─ exchanges ─┬───► the command, its arguments    ARGUMENT
                │             └───► what it returned              MEMBER
                └─ events ────────► the event, its data           MEMBER

Of a command that is answered with an error little is said: QEMU itself has refused it,
and an example may show that.  But only ``CommandNotFound`` answers one that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from blockdoc.lint.exchange import EXECUTE, exchanges
from blockdoc.lint.finding import Finding, Kind
from blockdoc.lint.protocol import PROTOCOL
from blockdoc.lint.values import ARGUMENT, MEMBER, Values, featured, finding, suggest
from blockdoc.transcript import Command, Event, Object, Reply, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blockdoc import schema as model
    from blockdoc.lint.exchange import Exchange
    from blockdoc.transcript import Item, Member, Pattern, Transcript

__all__ = ["check_transcript"]


def check_transcript(
    transcript: Transcript, schema: model.Schema, step: str = ""
) -> list[Finding]:
    """List what QEMU would refuse, or never say, and what is deprecated or unstable.

    `step` becomes the `id` of the findings, which come in reading order.
    """
    found = [it for item in transcript.items for it in _form(item)]
    checker = _Checker(schema)
    for exchange in exchanges(transcript):
        found += checker.exchange(exchange)
    for item in transcript.items:
        if isinstance(item, Event):
            found += checker.event(item)
    return [replace(it, id=step) for it in sorted(found, key=lambda it: it.place.line)]


def _form(item: Item) -> Iterator[Finding]:
    """Check that a message has the form of one."""
    pattern = item.pattern
    if not isinstance(pattern, Object):
        return
    values = Values(PROTOCOL, MEMBER)
    match item:
        case Command():
            yield from values.check(pattern, "command", "a command")
            yield from _either(pattern, EXECUTE, "a command")
        case Event():
            yield from values.check(pattern, "event", "an event")
        case Reply() if pattern.get("QMP") is not None:
            yield from values.check(pattern, "greeting", "a greeting")
        case Reply():
            other = list(_either(pattern, ("return", "error"), "a reply"))
            yield from other or values.check(pattern, "reply", "a reply")


def _either(pattern: Object, keys: tuple[str, str], what: str) -> Iterator[Finding]:
    """Report that not exactly one of two members is there."""
    there = [member for member in pattern.members if member.key in keys]
    if len(there) > 1:
        message = f'{what} has one of "{keys[0]}" and "{keys[1]}", not both'
        yield finding(there[1], Kind.UNKNOWN_MEMBER, message)
    elif not there and not pattern.has_gap:
        message = f'{what} has a member "{keys[0]}", or "{keys[1]}"'
        yield finding(pattern, Kind.MISSING_MEMBER, message)


@dataclass(frozen=True, slots=True)
class _Checker:
    """What messages say, against one schema."""

    schema: model.Schema

    def exchange(self, exchange: Exchange) -> Iterator[Finding]:
        """Check a command, and what it returned."""
        command = self.schema.commands.get(exchange.name)
        if exchange.execute is not None and exchange.error is None:
            yield from self._command(exchange, exchange.execute)
        elif exchange.execute is not None and command is None and exchange.knew_the_command:
            yield self._unknown(exchange.execute)
        if exchange.returned is not None and command is not None:
            what = f"what {command.name} returns"
            values = Values(self.schema, MEMBER)
            yield from values.check(exchange.returned, command.ret_type, what)

    def _command(self, exchange: Exchange, execute: Member) -> Iterator[Finding]:
        command = self.schema.commands.get(exchange.name)
        if command is None:
            yield self._unknown(execute)
            return
        if execute.key == "exec-oob" and not command.allow_oob:
            text = f"{command.name} cannot be executed out of band"
            yield finding(execute, Kind.NOT_OUT_OF_BAND, text)
        yield from featured(command.features, execute.value, f"command {command.name}")
        arguments = _or_none(exchange.arguments, exchange.command, execute.value)
        if isinstance(arguments, Object):
            kind = self.schema.object(command.arg_type)
            values = Values(self.schema, ARGUMENT)
            yield from values.members(arguments, kind, command.name, is_open=command.open)

    def _unknown(self, execute: Member) -> Finding:
        name = show(execute.value)
        advice = suggest(name.strip('"'), self.schema.commands)
        text = f"there is no command {name}; {advice}"
        return finding(execute.value, Kind.UNKNOWN_COMMAND, text)

    def event(self, message: Event) -> Iterator[Finding]:
        """Check an event."""
        pattern = message.pattern
        named = pattern.get("event") if isinstance(pattern, Object) else None
        if not isinstance(pattern, Object) or named is None or message.name is None:
            return
        event = self.schema.events.get(message.name)
        if event is None:
            advice = suggest(message.name, self.schema.events)
            text = f"there is no event {show(named)}; {advice}"
            yield finding(named, Kind.UNKNOWN_EVENT, text)
            return
        yield from featured(event.features, named, f"event {event.name}")
        data = _or_none(pattern.get("data"), message, named)
        if isinstance(data, Object):
            kind = self.schema.object(event.arg_type)
            what = f"the data of {event.name}"
            yield from Values(self.schema, MEMBER).members(data, kind, what)


def _or_none(
    carried: Pattern | None, message: Command | Event | None, at: Pattern
) -> Pattern | None:
    """Return what a message carries; an empty object, if nothing was written or left out."""
    pattern = message.pattern if message else None
    if carried is not None or not isinstance(pattern, Object) or pattern.has_gap:
        return carried
    return Object(at.source, at.start, at.end, ())
