# SPDX-License-Identifier: GPL-2.0-or-later
"""What a schema says of one value in a message: walked along with the message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blockdoc.schema import Array, Enum, Object, Schema, Type

if TYPE_CHECKING:
    from blockdoc.transcript import Json

__all__ = ["NOTHING", "Shape"]


@dataclass(frozen=True, slots=True)
class Shape:
    """A type of a schema, or nothing where none is known."""

    schema: Schema | None = None
    kind: str = ""

    @property
    def type(self) -> Type | None:
        """The type, if one is known."""
        return self.schema.types.get(self.kind) if self.schema else None

    @property
    def is_object(self) -> bool:
        """Whether the members are known."""
        return isinstance(self.type, Object)

    @property
    def element(self) -> Shape:
        """The type of a list's elements."""
        found = self.type
        return Shape(self.schema, found.element) if isinstance(found, Array) else NOTHING

    def members(self, value: Mapping[str, Json]) -> dict[str, Shape]:
        """Return the members that an object such as `value` can have."""
        found = self.type
        if not isinstance(found, Object):
            return {}
        members = {it.name: Shape(self.schema, it.type) for it in found.members}
        variant = found.variants.get(str(value.get(found.tag or "")))
        if variant:
            members |= Shape(self.schema, variant).members(value)
        return members

    def lacks_value(self, value: str) -> bool:
        """Say whether this is an enumeration without `value`."""
        found = self.type
        return isinstance(found, Enum) and not found.value(value)

    def lacks_variant(self, value: Json) -> bool:
        """Say whether `value` is a variant of a union that does not have it."""
        union = self.type
        if not isinstance(union, Object) or not union.tag or not isinstance(value, Mapping):
            return False
        tag = union.member(union.tag)
        chosen = value.get(union.tag)
        kind = Shape(self.schema, tag.type) if tag else NOTHING
        return isinstance(chosen, str) and kind.lacks_value(chosen)


NOTHING = Shape()
