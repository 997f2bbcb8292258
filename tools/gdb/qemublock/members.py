# SPDX-License-Identifier: GPL-2.0-or-later
"""Members of a structure of which there are thousands, without a gdb.Value for each."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, cast

import gdb

from qemublock import memory

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Members with more than this between them, in bytes, are not read at once.
GAP = 1024
LETTERS = {1: "B", 2: "H", 4: "I", 8: "Q"}


class Members:
    """Some members of a structure, and where they are in this build.

    One that is a structure is its first word: of a list's head, the first element.
    """

    def __init__(self, structure: str, *names: str) -> None:
        fields = gdb.lookup_type(structure).fields()
        here = [field for field in fields if field.name in names]
        self._structure = structure
        self._lacking = set(names).difference(str(field.name) for field in here)
        self._stretches = [
            (_start(near[0]), _layout(near), [str(field.name) for field in near])
            for near in _together(sorted(here, key=_start))
        ]

    def at(self, address: int) -> dict[str, Any]:
        """Return the members by name: numbers, and strings of what are arrays.

        :raise gdb.error: they cannot be read, or there are no such members.
        """
        if self._lacking:
            lacking = ", ".join(sorted(self._lacking))
            raise gdb.error(f"no member {lacking} in {self._structure}")
        found: dict[str, Any] = {}
        for start, layout, names in self._stretches:
            values = layout.unpack(memory.read(address + start, layout.size))
            found.update(zip(names, map(_plain, values)))
        return found


def _plain(value: int | bytes) -> int | str:
    if isinstance(value, int):
        return value
    return value.partition(b"\0")[0].decode(errors="replace")


def _together(fields: list[gdb.Field]) -> Iterator[list[gdb.Field]]:
    """Yield those that are near to each other; they come in the order of their places."""
    near: list[gdb.Field] = []
    for field in fields:
        if near and _start(field) - _end(near[-1]) > GAP:
            yield near
            near = []
        near.append(field)
    if near:
        yield near


def _layout(fields: list[gdb.Field]) -> struct.Struct:
    """Return how to unpack members, the first of which is at the beginning."""
    text, end = "<", _start(fields[0])
    for field in fields:
        text += f"{_start(field) - end}x{_letter(field)}"
        end = _end(field)
    return struct.Struct(text)


def _letter(field: gdb.Field) -> str:
    kind = _type(field).strip_typedefs()
    if kind.code == gdb.TYPE_CODE_ARRAY:
        return f"{kind.sizeof}s"
    if kind.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
        return f"Q{kind.sizeof - 8}x"
    letter = LETTERS[kind.sizeof]
    return letter.lower() if kind.is_signed else letter


def _type(field: gdb.Field) -> gdb.Type:
    return cast("gdb.Type", field.type)  # only an enumeration's members have none


def _start(field: gdb.Field) -> int:
    return (field.bitpos or 0) // 8


def _end(field: gdb.Field) -> int:
    return _start(field) + _type(field).sizeof
