# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests in flight: BdrvTrackedRequest of each node, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import gdb

from qemublock.lists import DamagedError, elements, node_name, one_of

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Request:
    """A request that a node has begun and not ended."""

    node: str
    type: str
    offset: int
    bytes: int
    serialising: bool
    coroutine: int
    #: The coroutine of the request that it waits for; else 0.
    behind: int

    def __str__(self) -> str:
        return f"{self.type} of {size(self.bytes)} at {size(self.offset)} on {self.node}"


def requests_of(nodes: list[gdb.Value], notes: list[str]) -> list[Request]:
    """Return the requests of `nodes`; what cannot be read goes to `notes`."""
    found: list[Request] = []
    for bs in nodes:
        name = node_name(bs)
        try:
            found.extend(
                _request(name, one) for one in elements(bs["tracked_requests"], "list")
            )
        except (DamagedError, gdb.MemoryError) as error:
            notes.append(f"requests of {name}: {error}")
    return found


def by_coroutine(requests: Iterable[Request]) -> dict[int, list[Request]]:
    """Return the requests by the address of their coroutine."""
    owned: dict[int, list[Request]] = {}
    for one in requests:
        owned.setdefault(one.coroutine, []).append(one)
    return owned


def _request(node: str, one: gdb.Value) -> Request:
    waited = one["waiting_for"]
    return Request(
        node=node,
        type=one_of(one["type"], "BDRV_TRACKED_"),
        offset=int(one["offset"]),
        bytes=int(one["bytes"]),
        serialising=bool(one["serialising"]),
        coroutine=int(one["co"]),
        behind=int(waited["co"]) if int(waited) else 0,
    )


def size(number: int) -> str:
    """Return a number of bytes in the largest unit that loses nothing."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if number and number % unit == 0:
            return f"{number // unit} {name}"
    return str(number)
