# SPDX-License-Identifier: GPL-2.0-or-later
"""Everything that one QEMU offers over QMP.

::

    Schema ─┬─ commands: Command ── arg_type, ret_type ──┐
            ├─ events:   Event ──── arg_type ────────────┤  names of types
            └─ types ◄───────────────────────────────────┘
                 Builtin │ Enum │ Array │ Object │ Alternate

QEMU hides the names of its types behind numbers; they differ from one build to the
next and mean nothing.  A schema made from QEMU's sources has the true names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from blockdoc.errors import QemuError
from blockdoc.schema.introspection import names_in, read_entry
from blockdoc.schema.parts import Command, Enum, Event, Object, Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from blockdoc.schema.introspection import Part
    from blockdoc.transcript import OfferKind

__all__ = ["Schema"]


@dataclass(frozen=True)
class Schema:
    """Commands, events and types, each by its name."""

    commands: Mapping[str, Command]
    events: Mapping[str, Event]
    types: Mapping[str, Type]

    @classmethod
    def from_introspection(cls, entries: Iterable[object]) -> Self:
        """Read what ``query-qmp-schema`` returns, with masked or with true names.

        A command may say ``"gen": false`` as in QEMU's sources, which QEMU itself does
        not tell: it takes arguments that are not listed, as ``device_add`` does anyway.

        :raise QemuError: it is not such a list, or names a type that is not in it.
        """
        return cls.of(read_entry(entry) for entry in entries)

    @classmethod
    def of(cls, parts: Iterable[Part]) -> Self:
        """Make a schema of its parts.

        :raise QemuError: a type is named that is not there.
        """
        parts = list(parts)
        schema = cls(
            {it.name: it for it in parts if isinstance(it, Command)},
            {it.name: it for it in parts if isinstance(it, Event)},
            {it.name: it for it in parts if not isinstance(it, Command | Event)},
        )
        schema._check(parts)
        return schema

    def _check(self, parts: list[Part]) -> None:
        unknown = {name for part in parts for name in names_in(part)} - self.types.keys()
        if unknown:
            raise QemuError(f"not a schema: no such type: {', '.join(sorted(unknown)[:5])}")
        for command in self.commands.values():
            self.object(command.arg_type)
        for event in self.events.values():
            self.object(event.arg_type)
        for kind in self.types.values():
            for variant in kind.variants.values() if isinstance(kind, Object) else ():
                self.object(variant)

    def parts(self) -> list[Part]:
        """List the commands, the events and the types."""
        return [*self.commands.values(), *self.events.values(), *self.types.values()]

    def type(self, name: str) -> Type:
        """Return a type by its name; every name that a part refers to is there."""
        return self.types[name]

    def object(self, name: str) -> Object:
        """Return an object type by its name.

        :raise QemuError: it is of another kind.
        """
        found = self.types[name]
        if not isinstance(found, Object):
            raise QemuError(f"not a schema: {name} is no object type")
        return found

    def has(self, kind: OfferKind, name: str) -> bool:
        """Say whether a command, an event, or a driver of ``blockdev-add`` is offered."""
        match kind:
            case "command":
                return name in self.commands
            case "event":
                return name in self.events
            case "driver":
                drivers = self.enum_at("blockdev-add", "driver")
                return drivers is not None and drivers.value(name) is not None

    def enum_at(self, holder: str, member: str) -> Enum | None:
        """Find the enumeration of an argument of a command, or in the data of an event."""
        found = self.commands.get(holder) or self.events.get(holder)
        part = self.object(found.arg_type).member(member) if found else None
        kind = self.types[part.type] if part else None
        return kind if isinstance(kind, Enum) else None
