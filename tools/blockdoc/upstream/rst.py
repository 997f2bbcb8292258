# SPDX-License-Identifier: GPL-2.0-or-later
"""Find the literal blocks of a reStructuredText document, with their lines.

==============================  ==============================================
``.. qmp-example::``            QMP, and nothing else
the same with ``:annotated:``   a document; its literal blocks are one example
``.. code-block:: QMP``         QMP, and nothing else, if it has arrows
other literal blocks            anything
==============================  ==============================================
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives

from blockdoc.rst import LINES, Options, literal, parse_rst
from blockdoc.upstream.snippet import Snippet, Style, make_snippet, says_abridged

__all__ = ["literal_blocks"]

#: The class of what an annotated example is put into.
_ANNOTATED = "blockdoc-annotated"


class _QmpExample(Directive):
    """``.. qmp-example::``, as docs/sphinx/qapidoc.py has it."""

    has_content = True
    option_spec: ClassVar[Options | None] = {
        "annotated": directives.flag,
        "title": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Keep QMP, or read the prose that it stands in."""
        if "annotated" not in self.options:
            return [literal(self, "qmp-example")] if self.content else []
        node = nodes.container(classes=[_ANNOTATED])
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def literal_blocks(text: str, path: str) -> Iterator[Snippet]:
    """Yield the literal blocks of the document `text`, in order."""
    document = parse_rst(text, path, {"qmp-example": _QmpExample})
    annotated = [node for node in document.findall(nodes.container) if _is_annotated(node)]
    inside = {id(block): node for node in annotated for block in _blocks(node)}
    for block in _blocks(document):
        example = inside.get(id(block))
        if example is None:
            abridged = _is_abridged(block)
            snippet = make_snippet(path, _lines(block), _style(block), abridged=abridged)
            yield replace(snippet, section=_section(block))
        elif block is next(_blocks(example)):
            lines = {n: line for it in _blocks(example) for n, line in _lines(it).items()}
            abridged = any(map(_is_abridged, _blocks(example)))
            yield make_snippet(path, lines, "strict", abridged=abridged)


def _style(block: nodes.literal_block) -> Style:
    """Tell QMP from other text; docs/devel has blocks of QMP without arrows, too."""
    if block.get("language") == "qmp-example":
        return "strict"
    lines = block.astext().split("\n")
    has_arrows = any(line.startswith(("->", "<-")) for line in lines)
    return "strict" if block.get("language") == "QMP" and has_arrows else "loose"


def _section(node: nodes.Node) -> str:
    """Name the section in which a node stands."""
    while node.parent is not None and not isinstance(node, nodes.section):
        node = node.parent
    title = node.next_node(nodes.title) if isinstance(node, nodes.section) else None
    return title.astext() if title else ""


def _is_abridged(block: nodes.literal_block) -> bool:
    """Look at the paragraphs before and behind a block."""
    parent = block.parent
    at = parent.index(block)
    beside = [*parent.children[max(at - 1, 0) : at], *parent.children[at + 1 : at + 2]]
    return any(isinstance(it, nodes.paragraph) and says_abridged(it.astext()) for it in beside)


def _is_annotated(node: nodes.container) -> bool:
    return _ANNOTATED in node["classes"]


def _blocks(node: nodes.Element) -> Iterator[nodes.literal_block]:
    return (it for it in node.findall(nodes.literal_block) if it.astext().strip())


def _lines(block: nodes.literal_block) -> Mapping[int, str]:
    """Give the lines of a block by number."""
    if LINES in block:
        known: Mapping[int, str] = block[LINES]
        return known
    return dict(enumerate(block.astext().split("\n"), block.line or 1))
