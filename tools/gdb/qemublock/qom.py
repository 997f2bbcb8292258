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

    ``size, mod: gint; mask, nnodes, noccupied, flags: guint; keys, hashes, values`` since
    glib 2.60 or so; a hash below 2 is a free place.
    """
    size, *_, hashes, values = struct.unpack("<6I3Q", memory.read(table, 48))
    if size > LARGEST:
        return iter(())
    used = struct.unpack(f"<{size}I", memory.read(hashes, 4 * size))
    held = struct.unpack(f"<{size}Q", memory.read(values, 8 * size))
    return (value for mark, value in zip(used, held) if mark >= USED and value)
