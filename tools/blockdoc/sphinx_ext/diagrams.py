# SPDX-License-Identifier: GPL-2.0-or-later
"""Explanatory diagrams: Mermaid by hand, drawn while the site is built.

::

    ```mermaid
    flowchart TD
      accTitle: From the guest to the host
      guest["Guest request"] --> backend["BlockBackend"]
      click backend href "devel/block/graph.md#graph-backend"
    ```

mermaidx runs the real Mermaid in an embedded interpreter.  It paints in sentinel
colours, each of which becomes a CSS variable, so that one picture serves light and
dark.  The SVG is part of the page: no script, no other file, and its links work; one
that ends in ``.md`` is a page of this site.  Drawings are kept by content beside
Sphinx's doctrees.
"""

import hashlib
import re
from html import escape
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import ClassVar

import mermaidx  # type: ignore[import-untyped]
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator
from sphinxcontrib.mermaid import (  # type: ignore[import-untyped]
    Mermaid,
    mermaid,
)

from blockdoc.example.options import GraphFence
from blockdoc.sphinx_ext.report import warn
from blockdoc.sphinx_ext.steps import step_fence
from blockdoc.sphinx_ext.trim import trimmed

__all__ = ["MermaidDirective", "add_diagrams"]

#: What is painted, the colour it gets for the time being, and Mermaid's names for it.
PAINT = {
    "fill": "primaryColor mainBkg actorBkg stateBkg",
    "text": "primaryTextColor secondaryTextColor tertiaryTextColor textColor titleColor"
    " noteTextColor actorTextColor signalTextColor labelTextColor loopTextColor nodeTextColor"
    " transitionLabelColor stateLabelColor errorTextColor",
    "border": "primaryBorderColor secondaryBorderColor tertiaryBorderColor nodeBorder"
    " noteBorderColor actorBorder labelBoxBorderColor activationBorderColor compositeBorder"
    " innerEndBackground",
    "second": "secondaryColor activationBkgColor compositeTitleBackground",
    "group": "tertiaryColor clusterBkg labelBoxBkgColor compositeBackground altBackground",
    "line": "lineColor signalColor transitionColor defaultLinkColor arrowheadColor"
    " specialStateColor",
    "faint": "clusterBorder actorLineColor",
    "page": "edgeLabelBackground background labelBackgroundColor sequenceNumberColor",
    "note": "noteBkgColor errorBkgColor",
}
SENTINELS = {name: f"#a100{number:02x}" for number, name in enumerate(PAINT, 16)}
CONFIG = {
    "flowchart": {"htmlLabels": True, "useMaxWidth": True},
    "themeVariables": {
        **{word: SENTINELS[name] for name, words in PAINT.items() for word in words.split()},
        "fontFamily": "system-ui, sans-serif",
        "fontSize": "15px",
    },
}
NAMED = re.compile(r"^\s*accTitle\s*:\s*(.+)$", re.MULTILINE)
LINK = re.compile(r'(?:xlink:)?href="([^"#]+\.md)(#[^"]*)?"')
#: To what part of its width a drawing may shrink; beyond that its box scrolls.
LEAST = 0.7
#: To be counted up when what is made of Mermaid's drawing changes.
FORM = 1
WIDTH = re.compile(r"max-width: ([\d.]+)px")


class MermaidDirective(Mermaid, SphinxDirective):  # type: ignore[misc] # untyped base
    """A recorded graph if it has an id; else a diagram by hand."""

    option_spec: ClassVar = {**Mermaid.option_spec, **GraphFence.option_spec}

    def run(self) -> list[nodes.Node]:
        """Leave a step's placeholder, or a diagram."""
        if "id" in self.options:
            return step_fence(self, "graph")
        found: list[nodes.Node] = list(super().run())
        for node in found:
            for diagram in node.findall(mermaid):
                diagram["line"] = self.lineno
                diagram["alt"] = self._alt()
        return found

    def _alt(self) -> str:
        name = NAMED.search("\n".join(self.content))
        alt: str = self.options.get("alt") or (name[1].strip() if name else "")
        alt = alt or self.options.get("title") or self.options.get("caption") or ""
        if not alt:
            message = (
                "a diagram needs words for those who do not see it; write `accTitle: …` in it"
            )
            warn(message, (self.env.docname, self.lineno), "diagram")
        return alt


def add_diagrams(app: Sphinx) -> None:
    """Take the place of sphinxcontrib-mermaid's own output."""
    app.add_node(mermaid, override=True, html=(_visit, None))


def _visit(self: HTML5Translator, node: nodes.Element) -> None:
    app, page = self.builder.app, self.builder.current_docname
    try:
        svg = _drawn(node["code"], Path(app.doctreedir, "diagrams"))
    except RuntimeError as error:
        words = " ".join(str(error).split())
        warn(f"Mermaid cannot draw this: {words}", (page, node["line"]), "diagram")
        raise nodes.SkipNode from error
    label = escape(node["alt"])
    self.body.append(
        f'<div class="diagram" tabindex="0" role="region" aria-label="{label}">'
        f"{_linked(svg, self, (page, node['line']))}</div>\n"
    )
    raise nodes.SkipNode


def _drawn(code: str, folder: Path) -> str:
    """Draw `code`, or take the drawing that is already there."""
    key = repr((mermaidx.__version__, CONFIG, LEAST, FORM, code)).encode()
    name = hashlib.sha256(key).hexdigest()[:16]
    kept = folder / f"{name}.svg"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        svg = mermaidx.render(code, theme="base", config=CONFIG).svg()
        new = kept.with_suffix(f".{id(svg)}")
        new.write_text(_styled(svg, f"d{name}"), encoding="utf-8")
        new.replace(kept)
    return kept.read_text(encoding="utf-8")


def _styled(svg: str, name: str) -> str:
    """Give the drawing an id of its own, CSS variables for colours, its natural width."""
    svg = svg.replace("my-svg", name).replace("aria-roledescription", "data-kind")
    for paint, colour in SENTINELS.items():
        svg = svg.replace(colour, f"var(--diagram-{paint})")
    return WIDTH.sub(_fitting, trimmed(svg), count=1)


def _fitting(width: re.Match[str]) -> str:
    """Let a picture shrink to the page, but not until it cannot be read."""
    return f"{width[0]}; min-width: {LEAST * float(width[1]):.0f}px"


def _linked(svg: str, translator: HTML5Translator, location: tuple[str, int]) -> str:
    """Turn links to pages' files into links to the pages."""
    builder, page = translator.builder, location[0]
    env = builder.env

    def address(match: re.Match[str]) -> str:
        path = normpath(join(dirname(env.doc2path(page, base=False)), match[1]))
        target = env.path2doc(join(env.srcdir, path))
        if target not in env.all_docs:
            warn(f"the diagram links to {match[1]}, which is no page", location, "diagram")
            return match[0]
        return f'href="{builder.get_relative_uri(page, target)}{match[2] or ""}"'

    return LINK.sub(address, svg)
