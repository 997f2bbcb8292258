# SPDX-License-Identifier: GPL-2.0-or-later
r"""A view as a program for Graphviz, for those who want to go on from there; and for PNG.

Names are data: they stand in quotes, where DOT knows two escapes, ``\"`` and ``\\``; of
characters without a shape only their number is left.
"""

from typing import Final

from blockdoc.graph.model import Edge, Kind, Node
from blockdoc.graph.view import Mark, View
from blockdoc.graph.words import (
    cut,
    demands,
    first,
    headline,
    legend,
    legible,
    more,
    notes,
    stands,
    what,
)

__all__ = ["to_dot"]

_SHAPES: Final[dict[Kind, str]] = {
    "node": 'shape=box, style="rounded,filled", fillcolor="#f4f7fb"',
    "filter": 'shape=hexagon, style="filled", fillcolor="#fdf5e6"',
    "backend": 'shape=ellipse, style="filled", fillcolor="#eef7f1"',
    "export": 'shape=cds, style="filled", fillcolor="#eef7f8"',
    "job": 'shape=box, peripheries=2, style="filled", fillcolor="#f6f0fa"',
}
_LINES: Final[dict[Kind, str]] = {
    "node": ', color="#4c6a92"',
    "filter": ', color="#94661c"',
    "backend": ', color="#3b7a54"',
    "export": ', color="#2a7783"',
    "job": ', color="#7a4f9c"',
}
_MARKS: Final[dict[Mark, str]] = {
    "added": 'color="#1c6fb8", fontcolor="#1c6fb8", penwidth=2.5',
    "removed": 'color="#a33b3b", fontcolor="#a33b3b", penwidth=2.5',
    "changed": 'color="#b0480b", fontcolor="#b0480b", penwidth=2.5',
    "path": 'color="#b01f5f", fontcolor="#b01f5f", penwidth=3',
}
_LONGEST: Final = 56


def to_dot(view: View, *, generated: bool = False) -> str:
    """Write a view in the DOT language."""
    said = [" · ".join(headline(view)), *first(notes(view), _NOTES), *legend(view)]
    title = "\n".join(said)
    lines = [
        "digraph {",
        f"  graph [rankdir=TB, fontname=sans, pad=0.2, label={_left(title)}];",
        "  graph [labelloc=t, labeljust=l, fontsize=11];",
        "  node [fontname=sans, fontsize=11];",
        "  edge [fontname=monospace, fontsize=9];",
        *(_node(node, view, generated=generated) for node in view.picture.graph.nodes),
        *(_edge(edge, view) for edge in view.picture.graph.edges),
        "}",
    ]
    return "".join(f"{line}\n" for line in lines)


_NOTES: Final = 24


def _node(node: Node, view: View, *, generated: bool) -> str:
    facts = view.picture.of(node.id)
    kind = node.kind if node.kind in {"job", "export", "backend"} else ""
    second = " ".join(filter(None, [kind, what(node, facts)]))
    texts = [node.name, second, stands(view, node.id), *more(facts, generated=generated)]
    label = "\n".join(cut(legible(text), _LONGEST) for text in texts if text)
    looks = _SHAPES[node.kind] + (_mark(view, node) or _LINES[node.kind])
    if view.mark(node) == "removed":
        looks = looks.replace('filled"', 'filled,dashed"')
    return f"  {_quoted(node.id)} [label={_quoted(label)}, {looks}];"


def _edge(edge: Edge, view: View) -> str:
    label = f"{cut(legible(edge.role), _LONGEST)}\n{demands(edge)}"
    dashed = ", style=dashed" if view.mark(edge) == "removed" else ""
    ends = f"{_quoted(edge.parent)} -> {_quoted(edge.child)}"
    return f"  {ends} [label={_quoted(label)}{_mark(view, edge)}{dashed}];"


def _mark(view: View, item: Node | Edge) -> str:
    mark = view.mark(item)
    return f", {_MARKS[mark]}" if mark else ""


def _left(text: str) -> str:
    r"""Write lines in quotes, each ended by ``\l``: it begins on the left."""
    return '"' + "".join(_quoted(line)[1:-1] + "\\l" for line in text.split("\n")) + '"'


def _quoted(text: str) -> str:
    r"""Write data in quotes: ``\n`` is a line's end, everything else is itself.

    Graphviz reads HTML entities in labels, so ``&`` becomes one.
    """
    lines = [
        legible(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n")
    ]
    return '"' + "\\n".join(line.replace("&", "&amp;") for line in lines) + '"'
