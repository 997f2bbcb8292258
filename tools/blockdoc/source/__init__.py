# SPDX-License-Identifier: GPL-2.0-or-later
"""Where in QEMU's sources the names are that the guide cites.

::

    pages ──cited──► names ──┐
                             ├─► index ──► docs/_data/symbols.json ──► the site
    source trees ──tree──────┘
                   │
                   ├── c       declarations of C at file scope
                   └── qapi    definitions of the QAPI schema

The sources are read with readers of our own rather than with a compiler: what has
to be understood is little (file scope), what gets in a parser's way is much
(``coroutine_fn``, ``GRAPH_RDLOCK``, ``co_wrapper``, halves of functions under
``#ifdef``), and no tree needs to be configured for it.
"""

from blockdoc.source.cited import Citation, cited
from blockdoc.source.declaration import Declaration
from blockdoc.source.index import Finding, Index, make_index
from blockdoc.source.tree import SourceTree, open_tree

__all__ = [
    "Citation",
    "Declaration",
    "Finding",
    "Index",
    "SourceTree",
    "cited",
    "make_index",
    "open_tree",
]
