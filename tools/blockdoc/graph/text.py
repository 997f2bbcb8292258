# SPDX-License-Identifier: GPL-2.0-or-later
"""Tell a graph in words: the text alternative of its picture.

::

    export e (nbd)
      root, rw-- / rwu-: top (qcow2)
        file, rw-s / r-u-: top/file (file)
        backing, r--- / rwus: base (qcow2, ro)

A node is told where it is met first; after that its name stands alone.
"""

from collections import defaultdict

from blockdoc.graph.model import Edge, Graph, Node, letters

__all__ = ["describe"]


def describe(graph: Graph) -> str:
    """Tell a graph as a tree of its users and what they use, one line per edge."""
    nodes = graph.by_id()
    below = defaultdict(list)
    for edge in graph.edges:
        below[edge.parent].append(edge)
    used = {edge.child for edge in graph.edges}
    told: set[str] = set()
    lines: list[str] = []
    for node in sorted(graph.nodes, key=lambda node: node.id in used):
        if node.id not in told:
            _tell(node, nodes, below, told, lines)
    return "\n".join(lines)


def _tell(
    top: Node,
    nodes: dict[str, Node],
    below: defaultdict[str, list[Edge]],
    told: set[str],
    lines: list[str],
) -> None:
    """Tell a node and all below it that was not told before."""
    stack = [("", top)]
    while stack:
        lead, node = stack.pop()
        again = node.id in told
        lines.append(lead + (node.title if again else _introduce(node)))
        if again:
            continue
        told.add(node.id)
        indent = " " * (len(lead) - len(lead.lstrip()) + 2)
        stack += [
            (f"{indent}{_use(edge)}: ", nodes[edge.child]) for edge in reversed(below[node.id])
        ]


def _introduce(node: Node) -> str:
    """Say a name and what it stands for."""
    kind = "filter" if node.kind == "filter" else ""
    what = ", ".join([" ".join(filter(None, (kind, node.driver))), *node.flags])
    return f"{node.title} ({what})" if what else node.title


def _use(edge: Edge) -> str:
    return f"{edge.role}, {letters(edge.perm)} / {letters(edge.shared)}"
