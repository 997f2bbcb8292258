# SPDX-License-Identifier: GPL-2.0-or-later
"""Divide a graph into what hangs together, cut what is too large, and pack the rest.

Each part is laid out by itself, so the time grows with the number of parts, and only
within a part with the size of the graph that Graphviz has to think about.
"""

from collections import defaultdict
from collections.abc import Sequence
from math import sqrt
from typing import Final

from blockdoc.graph.model import Graph
from blockdoc.layout.dot import Place, Plan

__all__ = ["GAP", "MOST", "drawable", "rows"]

#: How many boxes of what hangs together are drawn at most, and how many in all.
MOST: Final = 400
ALL: Final = 4_000
#: Room between parts, in pixels.
GAP: Final = 36.0
#: How much wider than high a picture of many parts becomes.
_BROAD: Final = 1.7


def drawable(graph: Graph) -> tuple[list[Graph], list[str]]:
    """Divide into what hangs together; cut what is too large to be looked at."""
    parts: list[Graph] = []
    drawn = 0
    for part in _parts(graph):
        most = max(1, min(MOST, ALL - drawn))
        parts.append(_cut(part, most))
        drawn += len(parts[-1].nodes)
        if drawn >= ALL:
            break
    missing = len(graph.nodes) - drawn
    return parts, [f"{missing} boxes are not drawn; --only NAME draws one disk."] * bool(
        missing
    )


def _cut(part: Graph, most: int) -> Graph:
    """Keep the boxes nearest to the top."""
    if len(part.nodes) <= most:
        return part
    below, used = defaultdict(list), {edge.child for edge in part.edges}
    for edge in part.edges:
        below[edge.parent].append(edge.child)
    near = [node.id for node in part.nodes if node.id not in used] or [part.nodes[0].id]
    kept = dict.fromkeys(near[: most // 2])
    for node in (near := list(kept)):
        for child in below[node]:
            if len(kept) < most and child not in kept:
                kept[child] = None
                near.append(child)
    nodes = tuple(node for node in part.nodes if node.id in kept)
    return Graph(nodes, tuple(e for e in part.edges if e.parent in kept and e.child in kept))


def _parts(graph: Graph) -> list[Graph]:
    """Divide a graph into what hangs together, in canonical order."""
    root = {node.id: node.id for node in graph.nodes}

    def top(node: str) -> str:
        while root[node] != node:
            root[node] = node = root[root[node]]
        return node

    for edge in graph.edges:
        root[top(edge.child)] = top(edge.parent)
    nodes, edges = defaultdict(list), defaultdict(list)
    for node in graph.nodes:
        nodes[top(node.id)].append(node)
    for edge in graph.edges:
        edges[top(edge.parent)].append(edge)
    return [Graph(tuple(nodes[key]), tuple(edges[key])) for key in nodes]


def rows(plans: Sequence[Plan], top: float) -> tuple[list[Place], float, float]:
    """Put parts into rows; return their corners, the width, and where the last row ends."""
    area = sum((it.width + GAP) * (it.height + GAP) for it in plans)
    room = max([sqrt(area * _BROAD), *(it.width for it in plans), 1.0])
    x, y, high, wide, corners = 0.0, top, 0.0, 0.0, []
    for it in plans:
        if x and x + it.width > room:
            x, y, high = 0.0, y + high + GAP, 0.0
        corners.append((x, y))
        x, high = x + it.width + GAP, max(high, it.height)
        wide = max(wide, x - GAP)
    return corners, wide, y + high
