# SPDX-License-Identifier: GPL-2.0-or-later
r"""Write a graph as Mermaid text, and read it back.

The one recorded copy of a graph is a fence of Mermaid text, which forges draw::

    fence  = [ "---", { key, ": ", value }, "---" ], "flowchart TD", { node | edge } ;
    node   = id, shape ;                      (* the id follows from kind and name *)
    shape  = '["'  label '"]'                 (* node *)
           | '{{"' label '"}}'                (* filter *)
           | '(["' label '"])'                (* backend *)
           | '[["' label '"]]'                (* job *)
           | '>"'  label '"]' ;               (* export *)
    label  = text, "<br>", second, { ", ", flag } ;
    second = driver                           (* node *)
           | kind, [ ": ", driver ] ;         (* all others *)
    edge   = id, ' -->|"', role, "<br>", taken, " / ", shared, '"| ', id ;

Names are data.  In text every character that could mean something to Mermaid, to
HTML or to Markdown is written as a Mermaid entity (``#quot;``, ``#60;``).
"""

import json
import re
from collections.abc import Mapping

from blockdoc.errors import Place
from blockdoc.graph._reader import Reader
from blockdoc.graph._syntax import HEADER, SHAPES, to_text
from blockdoc.graph.model import Edge, Graph, Node, letters

__all__ = ["parse_mermaid", "to_mermaid"]

_PLAIN_YAML = re.compile(r"[A-Za-z][\w .<>=,/()-]*[\w)]", re.ASCII)


def to_mermaid(graph: Graph, front: Mapping[str, str] | None = None) -> str:
    """Write a graph, below a front matter if one is given; every line ends in a newline."""
    head = [f"{key}: {_yaml(value)}" for key, value in (front or {}).items()]
    body = [*map(_node, graph.nodes), *map(_edge, graph.edges)]
    lines = [*(["---", *head, "---"] if head else []), HEADER, *(f"  {line}" for line in body)]
    return "".join(f"{line}\n" for line in lines)


def parse_mermaid(text: str, place: Place) -> Graph:
    """Read a graph from the text below the front matter; `place` is where it begins."""
    return Reader(place).read(text)


def _yaml(value: str) -> str:
    """Write a scalar of the front matter, in quotes if it would not be read as it is."""
    return value if _PLAIN_YAML.fullmatch(value) else json.dumps(value)


def _node(node: Node) -> str:
    before, after = SHAPES[node.kind]
    return f'{node.id}{before}"{to_text(node.name)}<br>{_second_line(node)}"{after}'


def _second_line(node: Node) -> str:
    words = [node.driver] if node.kind == "node" else [node.kind, node.driver]
    return ", ".join([": ".join(to_text(word) for word in words if word), *node.flags])


def _edge(edge: Edge) -> str:
    permissions = f"{letters(edge.perm)} / {letters(edge.shared)}"
    return f'{edge.parent} -->|"{to_text(edge.role)}<br>{permissions}"| {edge.child}'
