# SPDX-License-Identifier: GPL-2.0-or-later
"""A view as Mermaid text: the guide's own text, and lines of style for what is marked."""

from typing import Final

from blockdoc.graph.mermaid import to_mermaid
from blockdoc.graph.view import Mark, View

__all__ = ["mermaid"]

_STYLES: Final[dict[Mark, str]] = {
    "added": "stroke:#1c6fb8,stroke-width:3px",
    "removed": "stroke:#a33b3b,stroke-width:3px,stroke-dasharray:4 3",
    "changed": "stroke:#b0480b,stroke-width:3px",
    "path": "stroke:#b01f5f,stroke-width:4px",
}


def mermaid(view: View) -> str:
    """Write a view; without marks it is what ``parse_mermaid`` reads back."""
    graph = view.picture.graph
    lines: list[str] = []
    for mark, style in _STYLES.items():
        nodes = [node.id for node in graph.nodes if view.mark(node) == mark]
        edges = [n for n, edge in enumerate(graph.edges) if view.mark(edge) == mark]
        if nodes:
            lines += [f"  classDef {mark} {style}", f"  class {','.join(nodes)} {mark}"]
        if edges:
            lines.append(f"  linkStyle {','.join(map(str, edges))} {style}")
    return to_mermaid(graph) + "".join(f"{line}\n" for line in lines)
