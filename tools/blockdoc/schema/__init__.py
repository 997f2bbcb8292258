# SPDX-License-Identifier: GPL-2.0-or-later
"""QMP's schema: what a QEMU offers, as data.

::

    query-qmp-schema ──Schema.from_introspection──► Schema
"""

from blockdoc.schema.model import Schema
from blockdoc.schema.parts import (
    Alternate,
    Array,
    Builtin,
    Command,
    Enum,
    EnumValue,
    Event,
    Features,
    Member,
    Object,
    Type,
)

__all__ = [
    "Schema",
    "Command",
    "Event",
    "Type",
    "Object",
    "Member",
    "Enum",
    "EnumValue",
    "Array",
    "Alternate",
    "Builtin",
    "Features",
]
