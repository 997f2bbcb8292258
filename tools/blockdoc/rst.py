# SPDX-License-Identifier: GPL-2.0-or-later
"""Read reStructuredText with docutils, and with directives of our own.

Directives that are neither ours nor docutils' own are taken for containers, so that
what stands in them is found; nothing is included, run or loaded.  What another program
in this process has told docutils, as Sphinx does, makes no difference.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from docutils import frontend, nodes
from docutils.parsers.rst import Directive, Parser, directives, roles
from docutils.utils import new_document

__all__ = ["LINES", "Literal", "Options", "literal", "parse_rst", "places"]

Options = dict[str, Callable[[str], Any]]
#: The member of a node that holds its lines by number.
LINES = "blockdoc-lines"
#: Where docutils has its own directives.
_DOCUTILS = "docutils.parsers.rst.directives."


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
    option_spec: ClassVar[Options | None] = _Every()

    def run(self) -> list[nodes.Node]:
        """Read the content where it stands."""
        node = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class Literal(Directive):
    """A directive whose content is shown as it is; its argument is the language."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Options | None] = _Every()

    def run(self) -> list[nodes.Node]:
        """Keep the content and its lines."""
        language = self.arguments[0] if self.arguments else ""
        return [literal(self, language)] if self.content else []


def literal(directive: Directive, language: str) -> nodes.literal_block:
    """Make a node that knows its lines."""
    text = "\n".join(directive.content)
    node = nodes.literal_block(text, text, language=language)
    node[LINES] = dict(zip(places(directive), directive.content, strict=True))
    return node


def places(directive: Directive) -> list[int]:
    """Return the number of each line of the content: docutils tells its place in the file."""
    content = directive.content
    found = (content.info(index)[1] for index in range(len(content)))
    return [offset + 1 for offset in found if offset is not None]


_LITERAL: Mapping[str, type[Directive]] = {
    **dict.fromkeys(
        (
            "code",
            "code-block",
            "sourcecode",
            "parsed-literal",
            "literalinclude",
            "include",
            "raw",
            "math",
        ),
        Literal,
    ),
    # These would change what docutils does with the next document.
    "role": _Container,
    "default-role": _Container,
}


def _role(
    _name: str, rawtext: str, text: str, *_: object
) -> tuple[list[nodes.Node], list[Any]]:
    """Take what stands in a role for text."""
    return [nodes.inline(rawtext, text)], []


@contextmanager
def _only(ours: Mapping[str, type[Directive]]) -> Iterator[None]:
    """Let docutils find these directives and its own, and one role for all."""
    directive, role = directives.directive, roles.role
    told = vars(directives)["_directives"]

    def find(
        directive_name: str,
        language_module: Any,  # noqa: ANN401 - docutils has no name for it
        document: nodes.document,
    ) -> tuple[type[Directive] | None, list[nodes.system_message]]:
        if directive_name in ours:
            return ours[directive_name], []
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


def parse_rst(text: str, path: str, ours: Mapping[str, type[Directive]]) -> nodes.document:
    """Read a document; what docutils has to say of it stands in it and nowhere else."""
    settings = frontend.get_default_settings(Parser)
    settings.report_level = settings.halt_level = 5
    settings.warning_stream = io.StringIO()
    settings.file_insertion_enabled = settings.raw_enabled = False
    document = new_document(path, settings)
    with _only({**_LITERAL, **ours}):
        Parser().parse(text, document)
    return document
