# SPDX-License-Identifier: GPL-2.0-or-later
"""The block graph: one model, read from QMP or from Mermaid text, compared and told.

::

    QMP answers ──► qmp ──► Graph ──► mermaid ──► the fence in a page
                             │  ▲        │
                             │  └────────┘ parse_mermaid
                             ├──► diff: what changed, in sentences
                             └──► text: the graph in words

Pure functions over frozen values: nothing here talks to QEMU or to Graphviz.
"""

from blockdoc.graph.diff import GraphDifference, compare
from blockdoc.graph.mermaid import parse_mermaid, to_mermaid
from blockdoc.graph.model import Edge, Graph, Kind, Node
from blockdoc.graph.qmp import graph_from_qmp
from blockdoc.graph.text import describe

__all__ = [
    "Edge",
    "Graph",
    "GraphDifference",
    "Kind",
    "Node",
    "compare",
    "describe",
    "graph_from_qmp",
    "parse_mermaid",
    "to_mermaid",
]
