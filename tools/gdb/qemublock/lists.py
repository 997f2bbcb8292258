# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's linked lists (include/qemu/queue.h), also where their pointers are damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gdb

from qemublock import memory

if TYPE_CHECKING:
    from collections.abc import Iterator

#: How the head of each kind of list calls its first element.
FIRST = ("lh_first", "slh_first", "sqh_first", "tqh_first")


class DamagedError(Exception):
    """A list goes round in a circle, or leaves the memory that can be read."""


def has(value: gdb.Value, name: str) -> bool:
    """Say whether a structure has the member `name`: it may differ between releases."""
    return any(field.name == name for field in _plain(value.type).fields())


def elements(head: gdb.Value, link: str) -> Iterator[gdb.Value]:
    """Yield pointers to the elements of a list, whose link is the member `link`.

    :raise DamagedError: there is no next element where one should be.
    """
    yield from _linked(_first(head), link)


def chain(pointer: gdb.Value, link: str) -> Iterator[gdb.Value]:
    """Yield `pointer` and what follows, where the member `link` points to the next.

    :raise DamagedError: as elements() does.
    """
    yield from _linked(pointer, link)


def _linked(element: gdb.Value, link: str) -> Iterator[gdb.Value]:
    """Yield what hangs together; each kind of link begins with the pointer to the next."""
    kind, at = element.type, int(element)
    place = int(element[link].address or 0) - at if at else 0
    seen: set[int] = set()
    while at:
        if at in seen:
            raise DamagedError(f"the list of {link} goes round at {hex(at)}")
        seen.add(at)
        try:
            following = memory.word(at + place)
        except gdb.MemoryError as error:
            raise DamagedError(f"the list of {link} leads to {hex(at)}: {error}") from error
        yield gdb.Value(at).cast(kind)
        at = following


def _first(head: gdb.Value) -> gdb.Value:
    """Return the head's one member of FIRST: to try is quicker than to list them."""
    for name in FIRST:
        try:
            return head[name]
        except gdb.MemoryError:
            raise
        except gdb.error:
            continue
    raise DamagedError(f"{head.type} is no list that is known here")


def _plain(kind: gdb.Type) -> gdb.Type:
    kind = kind.strip_typedefs()
    return kind.target().strip_typedefs() if kind.code == gdb.TYPE_CODE_PTR else kind


def static(name: str, source: str) -> gdb.Value:
    """Return the file-scope variable `name` of the source file `source` (its last part).

    :raise DamagedError: there is none, or it cannot be read.
    """
    for symbol in gdb.lookup_static_symbols(name):
        if symbol.symtab.filename.rpartition("/")[2] == source:
            return symbol.value()
    known = gdb.lookup_global_symbol(name)
    if known is None:
        raise DamagedError(f"no variable {name} of {source} in this program")
    return known.value()


def offsets(kind: gdb.Type) -> dict[str, int]:
    """Return where the members of a structure are, in bytes."""
    return {str(field.name): (field.bitpos or 0) // 8 for field in _plain(kind).fields()}


def text(pointer: gdb.Value) -> str:
    """Return the string to which a ``char *`` points; empty if it is NULL."""
    return memory.string(int(pointer)) if int(pointer) else ""


def printable(line: str) -> str:
    """Return a line without what a terminal would obey: names may be anything."""
    if line.replace("\t", "").isprintable():
        return line
    return "".join(it if it.isprintable() or it == "\t" else ascii(it)[1:-1] for it in line)


def node_name(bs: gdb.Value) -> str:
    """Return a node's name."""
    return bs["node_name"].string(errors="replace")


def one_of(value: gdb.Value, prefix: str) -> str:
    """Return an enumeration's value in QAPI's words: JOB_STATUS_READY is ``ready``."""
    name = str(value)
    return name[len(prefix) :].lower().replace("_", "-") if name.startswith(prefix) else name
