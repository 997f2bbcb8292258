# SPDX-License-Identifier: GPL-2.0-or-later
"""Nodes, edges, permissions: the block graph as the guide shows it.

::

    Graph ─┬─ nodes: Node(kind, name, driver, flags)
           └─ edges: Edge(parent, child, role, perm, shared)

A node of the graph is what QEMU calls a node (a ``BlockDriverState``), or one of
its users: a backend, a job, an export.  A name is unique among the nodes and among
each kind of user; :attr:`Node.id` is unique over all, holds only characters that
Mermaid accepts, and is what edges point at.

Permissions are written in four letters, always in this order:

======  ===================  =========================================
letter  QMP                  the parent may …
======  ===================  =========================================
``r``   ``consistent-read``  read, and sees what a guest would see
``w``   ``write``            change the data
``u``   ``write-unchanged``  write what is already there
``s``   ``resize``           change the length
======  ===================  =========================================
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

__all__ = ["KINDS", "PERMISSIONS", "Edge", "Graph", "Kind", "Node", "letters", "node_id"]

#: What a node of the graph is.  A filter is a node whose driver filters.
Kind = Literal["job", "export", "backend", "filter", "node"]

#: Every kind, users first: the order in which a graph is written down.
KINDS: Final[tuple[Kind, ...]] = ("job", "export", "backend", "filter", "node")

#: Letter and QMP name of each permission, in the order in which they are written.
PERMISSIONS: Final = {
    "r": "consistent-read",
    "w": "write",
    "u": "write-unchanged",
    "s": "resize",
}

_RANK: Final = {"job": 0, "export": 1, "backend": 2, "filter": 3, "node": 3}
_PREFIX: Final = {"job": "j", "export": "e", "backend": "b", "filter": "n", "node": "n"}
_TO_ESCAPE = re.compile(r"[^A-Za-z0-9/_-]|_|/|-(?![A-Za-z0-9])")


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the graph, or one of its users."""

    kind: Kind
    #: Its name; a path such as ``top/file`` if it has none of its own.
    name: str
    #: Block driver, type of the job or of the export; empty for a backend.
    driver: str = ""
    #: What the guide explains of it: ``ro``.
    flags: tuple[str, ...] = ()
    #: Line of the file that it was read from.
    line: int = field(default=0, compare=False)
    #: Identifies it within a graph, in characters that Mermaid accepts.
    id: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the id once: it is asked for again and again."""
        object.__setattr__(self, "id", node_id(self.kind, self.name))

    @property
    def title(self) -> str:
        """Call it as a sentence does: a node by its name, a user by its kind as well."""
        return self.name if _RANK[self.kind] == _RANK["node"] else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Edge:
    """A parent's use of a child."""

    #: ``Node.id`` of the user.
    parent: str
    #: ``Node.id`` of what is used.
    child: str
    #: What the child is to the parent, as QMP says it: ``file``, ``backing``, ``root`` …
    role: str
    #: Permissions taken, as QMP names them.
    perm: frozenset[str] = frozenset()
    #: Permissions that others may take meanwhile.
    shared: frozenset[str] = frozenset()
    #: Line of the file that it was read from.
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Graph:
    """A block graph in canonical order; make one with :meth:`of`."""

    #: Jobs, then exports, backends and nodes; within each kind by name.
    nodes: tuple[Node, ...] = ()
    #: In the order of their parents, then by role.
    edges: tuple[Edge, ...] = ()
    #: Line of the file that it was read from.
    line: int = field(default=0, compare=False)

    @classmethod
    def of(cls, nodes: Iterable[Node], edges: Iterable[Edge], line: int = 0) -> "Graph":
        """Put nodes and edges into canonical order."""
        ordered = tuple(sorted(nodes, key=_node_order))
        place = {node.id: number for number, node in enumerate(ordered)}
        return cls(
            ordered,
            tuple(sorted(edges, key=lambda edge: _edge_order(edge, place))),
            line,
        )

    def by_id(self) -> dict[str, Node]:
        """Find nodes by their id."""
        return {node.id: node for node in self.nodes}


@lru_cache(maxsize=1 << 16)
def node_id(kind: Kind, name: str) -> str:
    """Write a name as a Mermaid id; no two names of a kind get the same."""
    return f"{_PREFIX[kind]}_{_TO_ESCAPE.sub(_escape, name)}"


def letters(permissions: Iterable[str]) -> str:
    """Write permissions as four letters: ``rw-s``."""
    return _letters(frozenset(permissions))


@lru_cache(maxsize=256)
def _letters(held: frozenset[str]) -> str:
    return "".join(letter if name in held else "-" for letter, name in PERMISSIONS.items())


def _escape(match: re.Match[str]) -> str:
    """Write one character that an id cannot hold: ``_hex_``, but ``/`` is a dot."""
    character = match[0]
    if character == "/":
        return "."
    return "__" if character == "_" else f"_{ord(character):x}_"


def _node_order(node: Node) -> tuple[int, str]:
    return _RANK[node.kind], node.name


def _edge_order(edge: Edge, place: dict[str, int]) -> tuple[int, str, int, str, str]:
    return (
        place.get(edge.parent, -1),
        edge.role,
        place.get(edge.child, -1),
        letters(edge.perm),
        letters(edge.shared),
    )
