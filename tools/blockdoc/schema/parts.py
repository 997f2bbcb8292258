# SPDX-License-Identifier: GPL-2.0-or-later
"""The parts of a schema: commands, events and the types that they name.

Rests on QEMU's qapi/introspect.json.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Alternate",
    "Array",
    "Builtin",
    "Command",
    "Enum",
    "EnumValue",
    "Event",
    "Features",
    "Member",
    "Object",
    "Type",
]

#: Names of features, such as ``deprecated``.
Features: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Builtin:
    """A type of JSON itself."""

    name: str
    #: ``string number int boolean null object array``, or ``value`` for any of them.
    json_type: str


@dataclass(frozen=True, slots=True)
class EnumValue:
    """One value of an enumeration."""

    name: str
    features: Features = ()


@dataclass(frozen=True, slots=True)
class Enum:
    """An enumeration: a string out of a list."""

    name: str
    values: tuple[EnumValue, ...]
    features: Features = ()

    def value(self, name: str) -> EnumValue | None:
        """Find a value by its name."""
        return next((value for value in self.values if value.name == name), None)


@dataclass(frozen=True, slots=True)
class Array:
    """An array: elements of one type."""

    name: str
    #: The name of the elements' type.
    element: str
    features: Features = ()


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object type."""

    name: str
    #: The name of its type.
    type: str
    optional: bool = False
    features: Features = ()


@dataclass(frozen=True, slots=True)
class Object:
    """A struct, or a union: then the value of the member `tag` chooses a variant."""

    name: str
    members: tuple[Member, ...]
    #: The name of the member whose value chooses, if this is a union.
    tag: str | None = None
    #: By value of the tag: the name of the object type whose members are there as well.
    variants: Mapping[str, str] = field(default_factory=dict)
    features: Features = ()

    def member(self, name: str) -> Member | None:
        """Find one of the members that every variant has."""
        return next((member for member in self.members if member.name == name), None)


@dataclass(frozen=True, slots=True)
class Alternate:
    """Values of several types, which their JSON type tells apart."""

    name: str
    #: The names of the types.
    types: tuple[str, ...]
    features: Features = ()


#: What an argument, a member or a result may be.
Type: TypeAlias = Builtin | Enum | Array | Object | Alternate


@dataclass(frozen=True, slots=True)
class Command:
    """A command."""

    name: str
    #: The name of the object type of its arguments.
    arg_type: str
    #: The name of the type that it returns.
    ret_type: str
    allow_oob: bool = False
    #: Whether it takes arguments that the schema does not list (``'gen': false``).
    open: bool = False
    features: Features = ()


@dataclass(frozen=True, slots=True)
class Event:
    """An event."""

    name: str
    #: The name of the object type of its data.
    arg_type: str
    features: Features = ()
