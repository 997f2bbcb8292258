# SPDX-License-Identifier: GPL-2.0-or-later
"""Find out whether the guide notices that QEMU behaves differently.

::

    QEMU's sources ──copied, once──►  a tree of our own ──► a storage daemon and its tools
                                           │
          for each file of tests/mutants:  │  patch it, build what depends on it
                                           ▼
          the examples, until one fails ──► a row: noticed by which step, after how long
                                           │
                                           ▼  the tree is as it was
"""

from blockdoc.mutants.patch import Mutant, read_mutants
from blockdoc.mutants.table import Row
from blockdoc.mutants.tree import Tree, open_tree
from blockdoc.mutants.trial import Examples, pass_before

__all__ = [
    "Examples",
    "Mutant",
    "Row",
    "Tree",
    "open_tree",
    "pass_before",
    "read_mutants",
]
