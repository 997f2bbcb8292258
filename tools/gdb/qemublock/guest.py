# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's memory, which a system emulator has mapped: nothing of QEMU's own is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gdb

from qemublock.lists import DamagedError, elements
from qemublock.memory import Region

if TYPE_CHECKING:
    from collections.abc import Iterator


def memory(notes: list[str]) -> list[Region]:
    """Return where it is (RAMBlock of include/exec/ramblock.h); a tool has none."""
    found: list[Region] = []
    try:
        found.extend(_blocks())
    except (DamagedError, gdb.error) as error:
        notes.append(f"the guest's memory: {error}")
    return found


def _blocks() -> Iterator[Region]:
    symbol = gdb.lookup_global_symbol("ram_list")
    if symbol is None:
        return
    for block in elements(symbol.value()["blocks"], "next"):
        if host := int(block["host"]):
            yield Region(host, host + int(block["max_length"]))
