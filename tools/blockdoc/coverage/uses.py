# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds what an example uses of QMP: commands, events, values of enumerations, errors.

Every alternative counts.  A command counts also if QEMU refuses it, and so do its
arguments: that QEMU refuses them is what the example shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from blockdoc.errors import AuthorError
from blockdoc.lint.exchange import exchanges
from blockdoc.lint.values import ARGUMENT, Values, takes
from blockdoc.schema import Alternate, Array, Enum, Object
from blockdoc.transcript import Array as ArrayPattern
from blockdoc.transcript import Event, Pattern, Scalar, parse_transcript
from blockdoc.transcript import Object as ObjectPattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blockdoc.example import Example
    from blockdoc.schema import Schema
    from blockdoc.transcript import Transcript

__all__ = ["Use", "uses"]


class Use(NamedTuple):
    """One thing that a step uses."""

    #: ``commands``, ``events``, ``errors`` (by class), or the name of an enumeration.
    group: str
    #: Its name; of an error, what QEMU says.
    name: str
    #: The id of the step.
    step: str


def uses(example: Example, schema: Schema) -> Iterator[Use]:
    """Yield what an example uses; what cannot be read uses nothing."""
    for step in example.steps:
        for fence in step.alternatives if step.kind == "qmp" else ():
            try:
                transcript = parse_transcript(fence.text, fence.body)
            except AuthorError:
                continue
            for group, name in _transcript(transcript, schema):
                yield Use(group, name, step.id)


def _transcript(transcript: Transcript, schema: Schema) -> Iterator[tuple[str, str]]:
    for exchange in exchanges(transcript):
        yield from _error(exchange.error)
        command = schema.commands.get(exchange.name)
        if command is None:
            continue
        if exchange.command is not None:
            yield "commands", command.name
        yield from _values(exchange.arguments, command.arg_type, schema)
        yield from _values(exchange.returned, command.ret_type, schema)
    for item in transcript.items:
        event = schema.events.get(item.name or "") if isinstance(item, Event) else None
        if event is not None and isinstance(item.pattern, ObjectPattern):
            yield "events", event.name
            yield from _values(item.pattern.get("data"), event.arg_type, schema)


def _error(error: Pattern | None) -> Iterator[tuple[str, str]]:
    """Yield the class of an error, and what QEMU says."""
    if not isinstance(error, ObjectPattern):
        return
    for key, group in (("class", "QapiErrorClass"), ("desc", "errors")):
        value = error.get(key)
        if isinstance(value, Scalar):
            yield group, str(value.value)


def _values(
    pattern: Pattern | None, type_name: str, schema: Schema
) -> Iterator[tuple[str, str]]:
    """Yield the values of enumerations in a value: the enumeration's name, and the value."""
    match schema.type(type_name), pattern:
        case Enum() as kind, Scalar(value=str(name)):
            if kind.value(name) is not None:
                yield kind.name, name
        case Array() as kind, ArrayPattern():
            for entry in pattern.entries:
                yield from _values(entry, kind.element, schema)
        case Alternate() as kind, ObjectPattern() | ArrayPattern() | Scalar():
            types = (schema.type(name) for name in kind.types)
            chosen = next((it for it in types if takes(it, pattern)), None)
            if chosen is not None:
                yield from _values(pattern, chosen.name, schema)
        case Object() as kind, ObjectPattern():
            known = Values(schema, ARGUMENT).known(pattern, kind)
            for member in pattern.members:
                if len(known.get(member.key, ())) == 1:
                    yield from _values(member.value, known[member.key][0].type, schema)
