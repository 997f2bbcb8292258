# SPDX-License-Identifier: GPL-2.0-or-later
"""What of a picture is shown, and what is pointed out in it.

A mark belongs to a node (by :attr:`.Node.id`) or to an edge (by parent, role, child)::

    added, removed, changed    of a comparison
    path                       a guest's write goes here
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from blockdoc.graph.model import Edge, Node
from blockdoc.graph.picture import Picture

__all__ = ["EdgeKey", "Mark", "View", "edge_key"]

#: How something is pointed out.
Mark = Literal["added", "removed", "changed", "path"]
#: Parent, role and child of an edge, the first and the last by :attr:`.Node.id`.
EdgeKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class View:
    """A picture, marks in it, and sentences about it."""

    picture: Picture = field(default_factory=Picture)
    marks: Mapping[str | EdgeKey, Mark] = field(default_factory=dict)
    #: Names of the equal nodes that a node stands for, itself among them.
    stands_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Sentences that belong to the picture.
    notes: tuple[str, ...] = ()

    def mark(self, item: Node | Edge) -> Mark | None:
        """Return the mark of a node or an edge."""
        return self.marks.get(item.id if isinstance(item, Node) else edge_key(item))

    def times(self, node: str) -> int:
        """Say for how many equal nodes a node stands."""
        return len(self.stands_for.get(node, ("",)))


def edge_key(edge: Edge) -> EdgeKey:
    """Tell an edge apart from others."""
    return (edge.parent, edge.role, edge.child)
