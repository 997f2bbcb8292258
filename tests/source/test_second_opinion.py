# SPDX-License-Identifier: GPL-2.0-or-later
"""Our reader of C has every function that tree-sitter has, in each tree at hand.

Tree-sitter knows C and not QEMU's macros, and is wrong where these stand in its way; what
it is wrong about is listed here, so that a new difference is looked at.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from blockdoc.qemu.sources import source_trees
from blockdoc.source.c import read_c

tree_sitter = pytest.importorskip("tree_sitter")
tree_sitter_c = pytest.importorskip("tree_sitter_c")

#: Attributes and types that it takes for the function's name.
NOT_FUNCTIONS = {
    *("G_GNUC_PRINTF", "void", "QEMU_DEFINE_STATIC_CO_TLS", "None"),
    *("TSA_ACQUIRE_SHARED", "TSA_ASSERT_SHARED", "TSA_RELEASE_SHARED"),
}
PATTERNS = (
    "block*.c",
    "job*.c",
    "block/**/*.c",
    "block/*.h",
    "include/block/*.h",
    "util/*co*.c",
)
SCOPES = {"preproc_if", "preproc_ifdef", "preproc_else", "linkage_specification"}


def functions(node: "tree_sitter.Node") -> Iterator[str]:
    """Yield the names of the functions that are defined at file scope."""
    for child in node.children:
        if child.type in SCOPES:
            yield from functions(child)
        elif child.type == "function_definition":
            declarator = child
            while declarator is not None and declarator.type != "identifier":
                declarator = declarator.child_by_field_name("declarator")
            yield declarator.text.decode() if declarator else "None"


@pytest.mark.parametrize("tree", source_trees(), ids=lambda tree: tree.name)
def test_no_function_is_missed_that_tree_sitter_sees(tree: Path) -> None:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))
    missed, seen = set(), 0
    for path in sorted({it for pattern in PATTERNS for it in tree.glob(pattern)}):
        ours = {it.name for it in read_c(path.read_text(errors="replace")) if it.defines}
        theirs = set(functions(parser.parse(path.read_bytes()).root_node))
        seen += len(theirs)
        missed |= {f"{path.name}:{name}" for name in theirs - ours - NOT_FUNCTIONS}
    assert seen > 2000
    assert missed == set()
