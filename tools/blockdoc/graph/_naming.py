# SPDX-License-Identifier: GPL-2.0-or-later
"""Find names that stay for what QEMU names anew in every run.

==========================  ==========================================================
what has a name             keeps it
an unnamed node             its smallest path from what has one: ``top/file``
…that nothing leads to      what it is over: ``qcow2 over top``
an unnamed backend          its job or export (:mod:`blockdoc.graph._owners`)
…that nobody claims         where it is: ``unnamed on top``
several that look the same  a number, in an order that follows from the graph alone
==========================  ==========================================================

The smallest path has the fewest edges; among those, one from a node is smaller than
one from a job, and that than one from a backend; then the order of the alphabet
decides.  An edge that its parent has several of (``intermediate node``) leads
nowhere in particular, and is taken only if there is no other.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from blockdoc.graph._order import canonical_order
from blockdoc.graph._owners import Owner, find_owners
from blockdoc.graph._vertices import Link, Vertex
from blockdoc.graph.model import Kind, Node, node_id

__all__ = ["name_vertices"]

_START_RANK: Final[dict[Kind, int]] = {
    "node": 0,
    "filter": 0,
    "job": 1,
    "backend": 2,
    "export": 2,
}

#: A path: rank of its start, name of its start, roles.
_Path = tuple[int | str, ...]


def name_vertices(
    vertices: Sequence[Vertex],
    links: Sequence[Link],
    exports: Sequence[Mapping[str, Any]],
) -> dict[int, Node]:
    """Turn each vertex into a node whose name is unique and the same in every run."""
    naming = _Naming(vertices, links, find_owners(vertices, links, exports))
    naming.walk(naming.single)
    naming.walk(links)
    naming.name_tops()
    naming.walk(naming.single)
    naming.walk(links)
    return _distinct(vertices, links, naming.nodes())


@dataclass(slots=True)
class _Naming:
    """Names found so far."""

    vertices: Sequence[Vertex]
    links: Sequence[Link]
    owners: Mapping[int, Owner]
    paths: dict[int, _Path] = field(default_factory=dict)
    #: Edges that are the only ones of their role at their parent.
    single: list[Link] = field(default_factory=list)

    def __post_init__(self) -> None:
        count = Counter((link.parent, link.role) for link in self.links)
        self.single = [link for link in self.links if count[link.parent, link.role] == 1]
        for vertex in self.vertices:
            owner = self.owners.get(vertex.key)
            if vertex.name or owner:
                name = owner.name if owner else vertex.name
                self.paths[vertex.key] = (_START_RANK[vertex.kind], name)

    def walk(self, links: Iterable[Link]) -> None:
        """Name what the edges lead to, nearest first."""
        down = defaultdict(list)
        for link in links:
            down[link.parent].append(link)
        near = list(self.paths)
        while near:
            found: dict[int, _Path] = {}
            for link in (link for key in near for link in down[key]):
                path = (*self.paths[link.parent], link.role)
                if link.child not in self.paths:
                    found[link.child] = min(path, found.get(link.child, path))
            self.paths |= found
            near = list(found)

    def name_tops(self) -> None:
        """Name what no edge leads to after what is below it."""
        reached = {link.child for link in self.links}
        below: dict[int, list[Link]] = defaultdict(list)
        for link in sorted(self.links, key=lambda link: link.role):
            below[link.parent].append(link)
        tops = [v for v in self.vertices if v.key not in self.paths and v.key not in reached]
        for vertex in tops:
            under = below[vertex.key][:1]
            what = vertex.driver if vertex.kind in {"node", "filter"} else "unnamed"
            where = "on" if vertex.kind == "backend" else "over"
            names = [f" {where} {self.name(link.child)}" for link in under]
            self.paths[vertex.key] = (3, "".join([what or "unnamed", *names]))

    def name(self, key: int) -> str:
        """Say the name found for a vertex."""
        return "/".join(map(str, self.paths.get(key, (0, "unnamed"))[1:]))

    def nodes(self) -> dict[int, Node]:
        """Make nodes of the vertices, not yet distinct."""
        return {vertex.key: self._node(vertex) for vertex in self.vertices}

    def _node(self, vertex: Vertex) -> Node:
        owner = self.owners.get(vertex.key)
        if owner:
            return Node(owner.kind, owner.name, owner.driver)
        return Node(vertex.kind, self.name(vertex.key), vertex.driver, vertex.flags)


def _distinct(
    vertices: Sequence[Vertex],
    links: Sequence[Link],
    nodes: dict[int, Node],
) -> dict[int, Node]:
    """Tell apart by number what looks the same; a name that somebody gave stays."""
    count = Counter(node.id for node in nodes.values())
    if len(count) == len(nodes):
        return nodes
    given = {v.key for v in vertices if v.name}
    taken = {nodes[key].id for key in given}
    nodes = dict(nodes)
    for key in canonical_order(nodes, links):
        if key not in given:
            nodes[key] = _free(nodes[key], taken)
            taken.add(nodes[key].id)
    return nodes


def _free(node: Node, taken: set[str]) -> Node:
    """Add the first number that makes a name unique."""
    name, number = node.name, 1
    while node_id(node.kind, name) in taken:
        number += 1
        name = f"{node.name} ({number})"
    return Node(node.kind, name, node.driver, node.flags)
