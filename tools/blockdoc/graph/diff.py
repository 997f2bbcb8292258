# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare the graph that an example shows with the graph that there is.

Differences are sentences, each with the line of the fence that it is about::

    edge top → top/file (file): takes rw-s, the example says rw--
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from blockdoc.graph.model import Edge, Graph, Node, letters

__all__ = ["GraphDifference", "compare"]

#: An edge, told apart from others: parent, role, child.
_EdgeKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class GraphDifference:
    """One thing that is not as the example shows it."""

    kind: Literal["added", "removed", "changed"]
    #: Line of the fence: of the element, or of the one after which a new one belongs.
    line: int
    #: ``Node.id`` of a node; parent, role and child of an edge.
    subject: tuple[str, ...]
    #: One sentence, without a full stop.
    message: str

    def __str__(self) -> str:
        return self.message


def compare(expected: Graph, actual: Graph) -> tuple[GraphDifference, ...]:
    """Tell what differs, in the order of the lines of the expected graph; nothing if equal."""
    found = [
        *_lost_nodes(expected, actual),
        *_found_nodes(expected, actual),
        *_lost_edges(expected, actual),
        *_found_edges(expected, actual),
    ]
    return tuple(sorted(found, key=lambda difference: difference.line))


def _lost_nodes(expected: Graph, actual: Graph) -> Iterator[GraphDifference]:
    """Find nodes that only the example has."""
    there = actual.by_id()
    for node in expected.nodes:
        if node.id not in there:
            message = f"{_called(node)}: not there, the example shows it"
            yield GraphDifference("removed", node.line, (node.id,), message)


def _found_nodes(expected: Graph, actual: Graph) -> Iterator[GraphDifference]:
    """Find nodes that the example lacks, or shows otherwise."""
    shown = expected.by_id()
    line = expected.line
    for node in actual.nodes:
        old = shown.get(node.id)
        line = old.line if old else line
        if old is None:
            message = f"{_called(node)}: there as {_what(node)}, the example does not show it"
            yield GraphDifference("added", line, (node.id,), message)
        elif old != node:
            message = f"{_called(node)}: is {_what(node)}, the example says {_what(old)}"
            yield GraphDifference("changed", line, (node.id,), message)


def _lost_edges(expected: Graph, actual: Graph) -> Iterator[GraphDifference]:
    """Find edges that only the example has."""
    there = _edges(actual)
    for key, edge in _edges(expected).items():
        if key not in there:
            message = f"{_arrow(edge, expected)}: not there, the example shows it"
            yield GraphDifference("removed", edge.line, key, message)


def _found_edges(expected: Graph, actual: Graph) -> Iterator[GraphDifference]:
    """Find edges that the example lacks, or shows with other permissions."""
    shown = _edges(expected)
    line = max([expected.line, *(node.line for node in expected.nodes)])
    for key, edge in _edges(actual).items():
        old = shown.get(key)
        line = old.line if old else line
        if old is None:
            takes = f"takes {letters(edge.perm)}, shares {letters(edge.shared)}"
            message = f"{_arrow(edge, actual)}: {takes}, the example does not show it"
            yield GraphDifference("added", line, key, message)
        elif old != edge:
            message = f"{_arrow(edge, actual)}: {_permissions(old, edge)}"
            yield GraphDifference("changed", line, key, message)


def _edges(graph: Graph) -> dict[_EdgeKey, Edge]:
    return {(edge.parent, edge.role, edge.child): edge for edge in graph.edges}


def _called(node: Node) -> str:
    return f"node {node.title}" if node.kind in {"node", "filter"} else node.title


def _what(node: Node) -> str:
    """Say what a node is: ``filter throttle, ro``."""
    return ", ".join([" ".join(filter(None, (node.kind, node.driver))), *node.flags])


def _arrow(edge: Edge, graph: Graph) -> str:
    nodes = graph.by_id()
    return f"edge {nodes[edge.parent].title} → {nodes[edge.child].title} ({edge.role})"


def _permissions(old: Edge, new: Edge) -> str:
    """Say which permissions are others than the example says."""
    pairs = (("takes", old.perm, new.perm), ("shares", old.shared, new.shared))
    return "; ".join(
        f"{verb} {letters(now)}, the example says {letters(then)}"
        for verb, then, now in pairs
        if then != now
    )
