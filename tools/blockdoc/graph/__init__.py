# SPDX-License-Identifier: GPL-2.0-or-later
"""The block graph: one model, read from QMP or from Mermaid text, compared and told.

::

    QMP answers ──► qmp ──► Graph ──► mermaid ──► the fence in a page
                             │  ▲        │
                             │  └────────┘ parse_mermaid
                             ├──► diff: what changed, in sentences
                             └──► text: the graph in words

Beside it, for ``blockdoc graph``, stands all else that is known of a node::

    QMP answers ──► facts ──► Picture ──► join: several machines in one
                                 │
                                 ├──► ask, changes ──► View: a picture with marks
                                 │                       ├──► collapse: what repeats, once
                                 │                       └──► tree, dot_text, mermaid_marks
                                 └──► json_form and back

Pure functions over frozen values: nothing here talks to QEMU or to Graphviz.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOMES = {
    "diff": ("GraphDifference", "compare"),
    "mermaid": ("parse_mermaid", "to_mermaid"),
    "model": ("Edge", "Graph", "Kind", "Node"),
    "qmp": ("graph_from_qmp",),
    "text": ("describe",),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any of the above
    """Import what is asked for when it is asked for: `blockdoc graph` needs half of it."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Name them all, also those that nobody has asked for yet: the reference asks by this."""
    return [*globals(), *__all__]
