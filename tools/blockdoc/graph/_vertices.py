# SPDX-License-Identifier: GPL-2.0-or-later
"""The graph as QEMU numbers it: what the names are looked for in.

Tuples, because a large graph has many of them for a moment only.
"""

from collections.abc import Iterable
from typing import NamedTuple

from blockdoc.graph.model import PERMISSIONS, Kind

__all__ = ["Link", "Vertex", "permissions"]

_KNOWN = frozenset(PERMISSIONS.values())


class Vertex(NamedTuple):
    """A node of the graph before it has a name that stays."""

    #: QEMU's number for it, good within one answer.
    key: int
    kind: Kind
    #: The name that somebody gave it; empty if QEMU made one up.
    name: str
    #: The name that QEMU uses in this run.
    raw: str
    driver: str = ""
    flags: tuple[str, ...] = ()


class Link(NamedTuple):
    """An edge between two of QEMU's numbers."""

    parent: int
    child: int
    role: str
    perm: frozenset[str]
    shared: frozenset[str]


def permissions(names: Iterable[str]) -> frozenset[str]:
    """Keep the permissions that the guide knows."""
    return _KNOWN.intersection(names)
