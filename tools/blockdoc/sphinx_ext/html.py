# SPDX-License-Identifier: GPL-2.0-or-later
"""HTML that docutils has no word for: a tag with attributes; boxes that scroll by key.

Everything that the extension shows is made of docutils' own nodes and of
:class:`tag`, so that search, links and translation go on working inside it.
"""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from blockdoc.citable import KINDS_OF_STEP
from blockdoc.citation import citation

__all__ = ["GuideTranslator", "add_nodes", "cite", "heading", "make", "raw", "tag"]


#: From how many characters on the text of a table's cell needs room beside others.
_SENTENCE: Final = 40


class tag(nodes.General, nodes.TextElement):  # noqa: N801 - docutils calls nodes like that
    """An HTML element: ``tag["tag"]`` with ``tag["attributes"]``."""


class GuideTranslator(HTML5Translator):
    """Sphinx's translator; whatever may scroll sideways can be reached by key."""

    def visit_literal_block(self, node: nodes.literal_block) -> None:
        """Make a code block focusable."""
        try:
            super().visit_literal_block(node)
        finally:
            self.body[-1] = self.body[-1].replace("<pre>", '<pre tabindex="0">', 1)

    def visit_title(self, node: nodes.title) -> None:
        """Put a button before the heading of a section that can be cited."""
        section = node.parent
        if isinstance(section, nodes.section) and (name := section.get("cited")):
            page = self.builder.env.titles[self.builder.current_docname].astext()
            title = node.astext()
            title = title if title == page else f"{page}: {title}"
            self.body.append(_button(self, name, title, "Cite"))
        super().visit_title(node)

    def starttag(
        self,
        node: nodes.Element,
        tagname: str,
        suffix: str = "\n",
        empty: bool = False,  # noqa: FBT001, FBT002 - docutils' own signature
        **attributes: Any,  # noqa: ANN401 - docutils' own signature
    ) -> str:
        """Make the box around a table, which may be wide, focusable; mark its sentences."""
        if isinstance(node, nodes.container) and "table-wrapper" in node["classes"]:
            attributes |= {"tabindex": "0", "role": "group", "aria-label": "Table"}
        if isinstance(node, nodes.entry) and len(node.astext()) >= _SENTENCE:
            attributes["classes"] = [*attributes.get("classes", ()), "sentence"]
        return super().starttag(node, tagname, suffix, empty, **attributes)


def add_nodes(app: Sphinx) -> None:
    """Tell Sphinx how :class:`tag` is written; other builders see its content."""
    silent = (_nothing, _nothing)
    app.add_node(tag, html=(_open, _close), text=silent, latex=silent, man=silent)
    app.add_node(citing, html=(_cite, None), text=silent, latex=silent, man=silent)


def make(
    name: str,
    content: Sequence[nodes.Node] = (),
    *,
    classes: Sequence[str] = (),
    ids: Sequence[str] = (),
    **attributes: str,
) -> tag:
    """Make an element; ``data_copy="x"`` becomes ``data-copy="x"``."""
    named = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
    node = tag("", "", *content, tag=name, attributes=named)
    node["classes"] = list(classes)
    node["ids"] = list(ids)
    return node


def raw(html: str) -> nodes.raw:
    """Make a node of finished HTML."""
    return nodes.raw("", html, format="html")


class citing(nodes.General, nodes.Element):  # noqa: N801 - as above
    """A button: `name` and `title` of what it cites; of a step without one, its `kind`."""


def cite(name: str, title: str, kind: str = "") -> citing:
    """Make the button that copies a citation.

    It does nothing without JavaScript, so it is hidden until there is some.
    """
    return citing("", name=name, title=title, kind=kind)


def heading(label: Sequence[nodes.Node], anchor: str, what: str, button: citing) -> tag:
    """Make the line above a step or a rule: its name, its permalink, its copy button."""
    link = (
        f'<a class="permalink" href="#{escape(anchor)}" aria-label="Link to this {what}: '
        f'{escape(anchor)}" title="Link to this {what}">#</a>'
    )
    return make("p", [*label, raw(link), button], classes=["guide-head"])


def _open(self: HTML5Translator, node: nodes.Element) -> None:
    attributes: dict[str, Any] = node["attributes"]
    self.body.append(self.starttag(node, node["tag"], "", **attributes))


def _close(self: HTML5Translator, node: nodes.Element) -> None:
    self.body.append(f"</{node['tag']}>\n" if node["tag"] != "span" else "</span>")


def _cite(self: HTML5Translator, node: nodes.Element) -> None:
    self.body.append(_button(self, node["name"], _title(self, node), "Copy citation"))
    raise nodes.SkipNode


def _title(self: HTML5Translator, node: nodes.Element) -> str:
    """Return the title of a step: its own, or that of its example and what it is."""
    if node["title"] or not node["kind"]:
        return str(node["title"])
    page = self.builder.env.titles[self.builder.current_docname].astext()
    return f"{page}: {KINDS_OF_STEP[node['kind']]}"


def _button(self: HTML5Translator, name: str, title: str, label: str) -> str:
    text = citation(name, title, self.builder.config.html_baseurl)
    return (
        f'<button type="button" class="copy" hidden data-copy="{escape(text)}" '
        f'aria-label="{label}: {escape(name)}">{label}</button>'
    )


def _nothing(_translator: nodes.NodeVisitor, _node: nodes.Element) -> None:
    """Show the content alone."""
