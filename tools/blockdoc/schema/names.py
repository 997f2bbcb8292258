# SPDX-License-Identifier: GPL-2.0-or-later
"""Gives types their true names, which QEMU hides behind numbers.

::

    true_names(schema, named) ──► {"183": "ObjectOptions", …} ──renamed──► Schema

Commands, events and members have true names everywhere.  So two schemas are walked
side by side from the commands and events that both have: where both have an object, an
enumeration or an alternate, the one with a number is called as the other.  What only
the new one has keeps its number.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from blockdoc.schema.parts import Alternate, Array, Command, Event, Object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from blockdoc.schema.introspection import Part
    from blockdoc.schema.model import Schema
    from blockdoc.schema.parts import Type

__all__ = ["renamed", "true_names"]


def true_names(schema: Schema, named: Schema) -> dict[str, str]:
    """Find the true names of the types of `schema`, by those of `named`."""
    names: dict[str, str] = {}
    taken = set(schema.types)
    seen: set[str] = set()
    waiting = [*_roots(schema, named)]
    while waiting:
        number, name = waiting.pop(0)
        ours, theirs = schema.types[number], named.types[name]
        if number in seen or type(ours) is not type(theirs):
            continue
        seen.add(number)
        # One type there may be two here: then the first has the name.
        if number.isdecimal() and not name.isdecimal() and name not in taken:
            names[number] = name
            taken.add(name)
        waiting += _below(ours, theirs)
    return names


def _roots(schema: Schema, named: Schema) -> Iterator[tuple[str, str]]:
    for name in sorted(schema.commands.keys() & named.commands.keys()):
        ours, theirs = schema.commands[name], named.commands[name]
        yield ours.arg_type, theirs.arg_type
        yield ours.ret_type, theirs.ret_type
    for name in sorted(schema.events.keys() & named.events.keys()):
        yield schema.events[name].arg_type, named.events[name].arg_type


def _below(ours: Type, theirs: Type) -> Iterator[tuple[str, str]]:
    """Pair the types that two types of one kind refer to."""
    if isinstance(ours, Array) and isinstance(theirs, Array):
        yield ours.element, theirs.element
    elif isinstance(ours, Alternate) and isinstance(theirs, Alternate):
        if len(ours.types) == len(theirs.types):
            yield from zip(ours.types, theirs.types, strict=True)
    elif isinstance(ours, Object) and isinstance(theirs, Object):
        for member in ours.members:
            other = theirs.member(member.name)
            if other is not None:
                yield member.type, other.type
        for case in sorted(ours.variants.keys() & theirs.variants.keys()):
            yield ours.variants[case], theirs.variants[case]


def renamed(part: Part, names: Mapping[str, str]) -> Part:
    """Return a part with other names for the types that it is or refers to."""

    def new(name: str) -> str:
        inner = name.removeprefix("[").removesuffix("]")
        return name.replace(inner, names.get(inner, inner))

    match part:
        case Command():
            return replace(part, arg_type=new(part.arg_type), ret_type=new(part.ret_type))
        case Event():
            return replace(part, arg_type=new(part.arg_type))
        case Array():
            return replace(part, name=new(part.name), element=new(part.element))
        case Alternate():
            return replace(part, name=new(part.name), types=tuple(map(new, part.types)))
        case Object():
            members = tuple(replace(it, type=new(it.type)) for it in part.members)
            variants = {case: new(kind) for case, kind in part.variants.items()}
            return replace(part, name=new(part.name), members=members, variants=variants)
        case _:
            return replace(part, name=new(part.name))
