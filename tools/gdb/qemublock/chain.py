# SPDX-License-Identifier: GPL-2.0-or-later
"""One chain as a tree for the terminal: a node, its children, theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gdb

from qemublock.graph import driver
from qemublock.lists import DamagedError, elements, node_name, text

if TYPE_CHECKING:
    from collections.abc import Iterator

LETTERS = ((0x1, "r"), (0x2, "w"), (0x4, "u"), (0x8, "s"))


def lines(top: gdb.Value, notes: list[str]) -> Iterator[str]:
    """Yield a node and what is below it, indented by depth; what comes again, only once."""
    seen: set[int] = set()
    waiting: list[tuple[gdb.Value, gdb.Value | None, int]] = [(top, None, 0)]
    while waiting:
        bs, edge, depth = waiting.pop()
        again = int(bs) in seen
        seen.add(int(bs))
        try:
            yield f"{'  ' * depth}{_line(bs, edge)}{'  (see above)' if again else ''}"
            below = [] if again else list(elements(bs["children"], "next"))
        except (DamagedError, gdb.error) as error:
            notes.append(f"below the node at {hex(int(bs))}: {error}")
            continue
        waiting += [(child["bs"], child, depth + 1) for child in reversed(below)]


def _line(bs: gdb.Value, edge: gdb.Value | None) -> str:
    how = f"{text(edge['name'])}: " if edge is not None else ""
    rights = ""
    if edge is not None:
        rights = f"  [{letters(edge['perm'])} / {letters(edge['shared_perm'])}]"
    busy = "".join(
        f", {word} {int(bs[member])}"
        for word, member in (("quiesced", "quiesce_counter"), ("in flight", "in_flight"))
        if int(bs[member])
    )
    return f"{how}{node_name(bs)} ({driver(bs)}{busy}) {hex(int(bs))}{rights}"


def letters(mask: gdb.Value) -> str:
    """Return permissions in the letters of the guide: ``rwus``."""
    return "".join(letter if int(mask) & bit else "-" for bit, letter in LETTERS)
