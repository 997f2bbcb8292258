# SPDX-License-Identifier: GPL-2.0-or-later
"""Names of devices: QOM's ids and paths, read from glib's hash tables."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import gdb

from qemublock import memory
from qemublock.lists import text

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A path has fewer parts.
DEEPEST = 64
#: A table of properties has fewer places.
LARGEST = 1 << 20
#: Its flag for values that do not fit into 32 bits.
BIG_VALUES = 2
#: A smaller hash marks a place that is free.
USED = 2


def device_name(dev: gdb.Value) -> str:
    """Return a device's id, or its canonical path, as blk_get_attached_dev_id() does."""
    device = dev.cast(gdb.lookup_type("DeviceState").pointer())
    return text(device["id"]) or path(device)


def path(pointer: gdb.Value) -> str:
    """Return the canonical path of an object (object_get_canonical_path() in qom/object.c)."""
    obj = pointer.cast(gdb.lookup_type("Object").pointer())
    parts: list[str] = []
    while int(obj["parent"]) and len(parts) < DEEPEST:
        parts.insert(0, _name(obj["parent"], int(obj)))
        obj = obj["parent"]
    return "/" + "/".join(parts)


def _name(parent: gdb.Value, child: int) -> str:
    """Return the name of the property by which `parent` has `child`."""
    kind = gdb.lookup_type("ObjectProperty").pointer()
    for value in _values(int(parent["properties"])):
        found = gdb.Value(value).cast(kind)
        if int(found["opaque"]) == child and text(found["type"]).startswith("child<"):
            return text(found["name"])
    return "?"


def _values(table: int) -> Iterator[int]:
    """Yield the values of a GHashTable, whose layout glib does not publish.

    ``size; gint mod; guint mask, nnodes, noccupied, flags; keys, hashes, values``: the
    size was a gint and has become a gsize.  It is a power of two, and the mask one less,
    which tells the two apart.  A hash below 2 is a free place.
    """
    for layout in ("<QiI3I4x3Q", "<IiI3I3Q"):
        data = memory.read(table, struct.calcsize(layout))
        size, _, mask, _, _, flags, _, hashes, values = struct.unpack(layout, data)
        if size == mask + 1 and size <= LARGEST:
            break
    else:
        return
    width, letter = (8, "Q") if flags & BIG_VALUES else (4, "I")
    used = struct.unpack(f"<{size}I", memory.read(hashes, 4 * size))
    held = struct.unpack(f"<{size}{letter}", memory.read(values, width * size))
    yield from (value for mark, value in zip(used, held) if mark >= USED and value)
