# SPDX-License-Identifier: GPL-2.0-or-later
"""Show once what repeats: a hundred equal disks become one, times a hundred.

::

    graph ──► hubs (nodes that many use) stay ──► what hangs together without them: disks
          ──► equal disks: same shape, drivers, roles, permissions, flags, marks
          ──► the first of each kind stays, and knows whom it stands for

Names, files and sizes do not count.  Linear in nodes and edges.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from blockdoc.graph.model import Edge, Graph, Node, letters
from blockdoc.graph.view import View

__all__ = ["BUSY", "REPEATS", "collapse"]

#: From how many equal disks on only one is shown.
REPEATS: Final = 3
#: A node with so many parents belongs to none of them.
_HUB: Final = 4
#: Graphs up to this size are shown whole.
BUSY: Final = 60


def collapse(view: View) -> View:
    """Keep one of all disks that are equal; a small graph stays as it is."""
    graph = view.picture.graph
    if len(graph.nodes) <= BUSY:
        return view
    disks = _disks(graph)
    looks = _Looks(view).nodes()
    below = _below(graph.edges)
    groups: defaultdict[Any, list[list[str]]] = defaultdict(list)
    for disk in disks:
        ordered = sorted(disk, key=lambda node: looks[node])
        shape = _shape(ordered, looks, below)
        groups[shape].append(ordered)
    return _kept(view, [group for group in groups.values() if len(group) >= REPEATS])


def _kept(view: View, groups: Iterable[Sequence[Sequence[str]]]) -> View:
    """Drop all of each group but the first."""
    graph = view.picture.graph
    names = {node.id: node.name for node in graph.nodes}
    stands_for = {
        node: tuple(names[it[place]] for it in group)
        for group in groups
        for place, node in enumerate(group[0])
    }
    gone = {node for group in groups for disk in group[1:] for node in disk}
    nodes = [node for node in graph.nodes if node.id not in gone]
    edges = [edge for edge in graph.edges if edge.parent not in gone and edge.child not in gone]
    picture = replace(view.picture, graph=Graph(tuple(nodes), tuple(edges)))
    return replace(view, picture=picture, stands_for=stands_for)


def _disks(graph: Graph) -> list[list[str]]:
    """Find what hangs together without hubs; in canonical order."""
    parents: defaultdict[str, int] = defaultdict(int)
    for edge in graph.edges:
        parents[edge.child] += 1
    hubs = {node for node, count in parents.items() if count >= _HUB}
    around = defaultdict(list)
    for edge in graph.edges:
        if edge.parent not in hubs and edge.child not in hubs:
            around[edge.parent].append(edge.child)
            around[edge.child].append(edge.parent)
    seen = set(hubs)
    return [_reach(node.id, around, seen) for node in graph.nodes if node.id not in seen]


def _reach(start: str, around: Mapping[str, Sequence[str]], seen: set[str]) -> list[str]:
    found, near = [], [start]
    seen.add(start)
    while near:
        node = near.pop()
        found.append(node)
        new = [other for other in dict.fromkeys(around.get(node, ())) if other not in seen]
        seen.update(new)
        near += new
    return found


def _below(edges: Iterable[Edge]) -> Mapping[str, list[Edge]]:
    found = defaultdict(list)
    for edge in edges:
        found[edge.parent].append(edge)
    return found


def _shape(
    ordered: Sequence[str], looks: Mapping[str, int], below: Mapping[str, list[Edge]]
) -> Any:  # noqa: ANN401 - something to compare
    """Say all of a disk but its names: two with one shape can be put onto each other."""
    place = {node: number for number, node in enumerate(ordered)}
    edges = [
        (
            place[node],
            edge.role,
            place.get(edge.child, -1),
            "" if edge.child in place else edge.child,
        )
        for node in ordered
        for edge in below.get(node, ())
    ]
    return tuple(looks[node] for node in ordered), tuple(sorted(edges))


class _Looks:
    """Number nodes by what they look like from above and from below."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._edges = view.picture.graph.edges
        self._numbers: dict[Any, int] = {}
        self._signs = {id(edge): self._sign(edge) for edge in self._edges}

    def nodes(self) -> dict[str, int]:
        """Give equal numbers to what looks equal."""
        up, down = defaultdict(list), defaultdict(list)
        for edge in self._edges:
            down[edge.parent].append(edge)
            up[edge.child].append(edge)
        order = self._children_first(up, down)
        looks: dict[str, int] = {}
        for node in order:
            seen = sorted((*self._signs[id(e)], looks.get(e.child, -1)) for e in down[node.id])
            looks[node.id] = self._number((self._own(node, len(up[node.id])), *seen))
        whole: dict[str, int] = {}
        for node in reversed(order):
            above = [] if len(up[node.id]) >= _HUB else up[node.id]
            seen = sorted((*self._signs[id(e)], whole.get(e.parent, -1)) for e in above)
            whole[node.id] = self._number((looks[node.id], "up", *seen))
        return whole

    def _own(self, node: Node, parents: int) -> Any:  # noqa: ANN401 - something to compare
        """Say what a node is by itself; a hub is like no other."""
        facts = self._view.picture.of(node.id)
        what = (node.kind, node.driver, node.flags, facts.flags, facts.state, facts.group)
        return (what, self._view.mark(node), node.id if parents >= _HUB else "")

    def _sign(self, edge: Edge) -> tuple[str, str, str, str]:
        mark = self._view.mark(edge) or ""
        return edge.role, letters(edge.perm), letters(edge.shared), mark

    def _number(self, sign: Any) -> int:  # noqa: ANN401 - something to compare
        return self._numbers.setdefault(sign, len(self._numbers))

    def _children_first(
        self, up: Mapping[str, list[Edge]], down: Mapping[str, list[Edge]]
    ) -> list[Node]:
        """Order nodes; those of a ring, which only a made-up dump has, come last."""
        nodes = self._view.picture.graph.by_id()
        left = {node: len(down[node]) for node in nodes}
        near = deque(node for node, count in left.items() if not count)
        order: list[Node] = []
        while near:
            node = near.popleft()
            order.append(nodes[node])
            for edge in up[node]:
                left[edge.parent] -= 1
                if not left[edge.parent]:
                    near.append(edge.parent)
        met = {node.id for node in order}
        return order + [node for node in nodes.values() if node.id not in met]
