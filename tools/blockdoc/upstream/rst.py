# SPDX-License-Identifier: GPL-2.0-or-later
"""Find the literal blocks of a reStructuredText document, with their lines.

docutils reads it.  Directives that are not its own are taken for containers, so that
what stands in them is found; nothing is included, run or loaded.  What another program
in this process has told docutils, as Sphinx does, makes no difference.

==============================  ==============================================
``.. qmp-example::``            QMP, and nothing else
the same with ``:annotated:``   a document; its literal blocks are one example
``.. code-block:: QMP``         QMP, and nothing else, if it has arrows
other literal blocks            anything
==============================  ==============================================
"""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

from docutils import frontend, nodes
from docutils.parsers.rst import Directive, Parser, directives, roles
from docutils.utils import new_document

from blockdoc.upstream.snippet import Snippet, Style, make_snippet, says_abridged

__all__ = ["literal_blocks"]

_Options = dict[str, Callable[[str], Any]]
#: The member of a node that holds its lines by number.
_LINES = "blockdoc-lines"
#: The class of what an annotated example is put into.
_ANNOTATED = "blockdoc-annotated"


class _Every(dict[str, Callable[[str], Any]]):
    """Options of every name."""

    def __contains__(self, name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> Callable[[str], object]:
        return directives.unchanged


class _Container(Directive):
    """A directive of which we know nothing: its content is read as a document."""

    has_content = True
    optional_arguments = 100
    final_argument_whitespace = True
    option_spec: ClassVar[_Options | None] = _Every()

    def run(self) -> list[nodes.Node]:
        """Read the content where it stands."""
        node = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class _Literal(Directive):
    """A directive whose content is shown as it is; its argument is the language."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[_Options | None] = _Every()

    def run(self) -> list[nodes.Node]:
        """Keep the content and its lines."""
        language = self.arguments[0] if self.arguments else ""
        return [_literal(self, language)] if self.content else []


class _QmpExample(Directive):
    """``.. qmp-example::``, as docs/sphinx/qapidoc.py has it."""

    has_content = True
    option_spec: ClassVar[_Options | None] = {
        "annotated": directives.flag,
        "title": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Keep QMP, or read the prose that it stands in."""
        if "annotated" not in self.options:
            return [_literal(self, "qmp-example")] if self.content else []
        node = nodes.container(classes=[_ANNOTATED])
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


_DIRECTIVES: Mapping[str, type[Directive]] = {
    "qmp-example": _QmpExample,
    "code": _Literal,
    "code-block": _Literal,
    "sourcecode": _Literal,
    "parsed-literal": _Literal,
    "literalinclude": _Literal,
    "include": _Literal,
    "raw": _Literal,
    "math": _Literal,
    # These would change what docutils does with the next document.
    "role": _Container,
    "default-role": _Container,
}
#: Where docutils has its own directives.
_DOCUTILS = "docutils.parsers.rst.directives."


def _literal(directive: Directive, language: str) -> nodes.literal_block:
    """Make a node that knows its lines: docutils tells each one's place in the file."""
    text = "\n".join(directive.content)
    node = nodes.literal_block(text, text, language=language)
    places = (directive.content.info(index) for index in range(len(directive.content)))
    numbers = [offset + 1 for _, offset in places if offset is not None]
    node[_LINES] = dict(zip(numbers, directive.content, strict=True))
    return node


def _role(
    _name: str, rawtext: str, text: str, *_: object
) -> tuple[list[nodes.Node], list[Any]]:
    """Take what stands in a role for text."""
    return [nodes.inline(rawtext, text)], []


@contextmanager
def _our_directives() -> Iterator[None]:
    """Let docutils find our directives and roles, as Sphinx does it for its own."""
    directive, role = directives.directive, roles.role
    told = vars(directives)["_directives"]

    def find(
        directive_name: str,
        language_module: Any,  # noqa: ANN401 - docutils has no name for it
        document: nodes.document,
    ) -> tuple[type[Directive] | None, list[nodes.system_message]]:
        if directive_name in _DIRECTIVES:
            return _DIRECTIVES[directive_name], []
        known, messages = directive(directive_name, language_module, document)
        is_own = known is not None and known.__module__.startswith(_DOCUTILS)
        return (known, messages) if is_own else (_Container, [])

    # Sphinx has admonitions of its own in there, under docutils' names.
    vars(directives)["_directives"] = {}
    directives.directive = find
    roles.role = lambda *_: (_role, [])  # type: ignore[assignment]
    try:
        yield
    finally:
        directives.directive, roles.role = directive, role
        vars(directives)["_directives"] = told


def literal_blocks(text: str, path: str) -> Iterator[Snippet]:
    """Yield the literal blocks of the document `text`, in order."""
    document = _parse(text, path)
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


def _parse(text: str, path: str) -> nodes.document:
    """Read a document; what docutils has to say of it is not our business."""
    settings = frontend.get_default_settings(Parser)
    settings.report_level = settings.halt_level = 5
    settings.warning_stream = io.StringIO()
    settings.file_insertion_enabled = settings.raw_enabled = False
    document = new_document(path, settings)
    with _our_directives():
        Parser().parse(text, document)
    return document


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
    if _LINES in block:
        known: Mapping[int, str] = block[_LINES]
        return known
    return dict(enumerate(block.astext().split("\n"), block.line or 1))
