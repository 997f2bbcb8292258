# SPDX-License-Identifier: GPL-2.0-or-later
"""The graphs of an example: pictures that share one layout, to be stepped through.

::

    <div class="graph-box" id="frame-commit-active-ready">  a link that is for this frame
      <svg> … <a href="…glossary.html#term-filter">         boxes, lines: what explains them
    <details class="in-words">                              no picture needed
      <ul class="graph-changes">                            since the frame before
      <p class="graph-links">                               the same links, for the keyboard
      <pre>                                                 the whole graph

All frames are on the page, one after another.  static/frames.js shows them one at a
time, each in the place of the one before, with the steps that led to it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.writers.html5 import HTML5Translator

import blockdoc.layout
from blockdoc.errors import AuthorError, MissingError, Place
from blockdoc.graph.changes import changes
from blockdoc.graph.mermaid import parse_mermaid
from blockdoc.graph.model import Graph
from blockdoc.graph.picture import Picture
from blockdoc.graph.text import describe
from blockdoc.layout.svg import before, draw
from blockdoc.sphinx_ext.domain import GuideDomain
from blockdoc.sphinx_ext.html import make, raw
from blockdoc.sphinx_ext.report import warn_error

__all__ = ["Frame", "add_pictures", "legend", "pictures", "read_graph"]

#: What leads to an explanation, in a picture: scheme, name.
_LINK: Final = re.compile(r' href="(term|rule|ref):([^"]*)" tabindex="-1"')
#: What an edge takes and shares, which no line's end shall divide.
_LETTERS: Final = re.compile(r"[r-][w-][u-][s-] / [r-][w-][u-][s-]")

#: The label of what explains pictures.
LEGEND: Final = "reading-graphs"
#: After sphinx.ext.intersphinx, which may find it on another site.
LATE: Final = 900


@dataclass(frozen=True, slots=True)
class Frame:
    """A graph of a step."""

    step: str
    #: Which of the step's alternatives, from 0.
    number: int
    graph: Graph


class drawing(nodes.General, nodes.Element):  # noqa: N801 - docutils calls nodes like that
    """A picture: ``drawing["svg"]``, whose links are not yet those of a page."""


class explained(nodes.General, nodes.Element):  # noqa: N801 - as above
    """The list of what a picture links to: ``explained["targets"]``."""


def add_pictures(app: Sphinx) -> None:
    """Tell Sphinx how pictures are written, and which script steps through them."""
    silent = (_skip, None)
    app.add_node(drawing, html=(_draw, None), text=silent, latex=silent, man=silent)
    app.add_node(explained, html=(_explain, None), text=silent, latex=silent, man=silent)
    app.connect("config-inited", _add_script)
    app.connect("missing-reference", _leave_out, priority=LATE)


def _add_script(app: Sphinx, _config: object) -> None:
    """Put the script of the package, which recordings have as well, on the site."""
    script = Path(*blockdoc.layout.__path__, "stepping.js")
    app.config.html_static_path.append(str(script))
    app.add_js_file(script.name, loading_method="defer", priority=400)


def read_graph(text: str, place: Place) -> Graph:
    """Read a recorded graph; warn and return none where it does not parse."""
    try:
        return parse_mermaid(text, place)
    except AuthorError as error:
        warn_error(error, str(place), "graph")
        return Graph()


def pictures(frames: Sequence[Frame], prefix: str) -> dict[str, list[list[nodes.Node]]]:
    """Draw the frames of one machine with one layout; by step, a body for each alternative.

    :param prefix: what HTML ids begin with.
    """
    graphs, steps = [it.graph for it in frames], [it.step for it in frames]
    ids = [f"{prefix}{it.step}-{it.number}" for it in frames]
    try:
        drawn = draw(graphs, ids=ids, steps=steps)
    except MissingError as error:
        raise ExtensionError(str(error)) from error
    found: dict[str, list[list[nodes.Node]]] = {step: [] for step in steps}
    for frame, svg, earlier in zip(frames, drawn, before(graphs, steps), strict=True):
        found[frame.step].append([*_body(frame, svg, earlier)])
    return found


def _body(frame: Frame, svg: str, earlier: Graph | None) -> Iterator[nodes.Node]:
    yield make(
        "div",
        [drawing("", svg=svg)],
        classes=["graph-box"],
        ids=[] if frame.number else [f"frame-{frame.step}"],
        tabindex="0",
        role="region",
        aria_label=f"Block graph {frame.step}",
    )
    content = [
        make("summary", [nodes.Text("The same in words")]),
        *_changes(frame.graph, earlier),
        explained("", targets=list(dict.fromkeys(":".join(it) for it in _LINK.findall(svg)))),
        make("pre", [nodes.Text(describe(frame.graph))], tabindex="0"),
    ]
    yield make("details", content, classes=["in-words"])


def _changes(graph: Graph, earlier: Graph | None) -> Iterator[nodes.Node]:
    """List what has changed since the frame before, if there was one.

    As HTML, not as text of the page, whose ``--`` would become dashes.
    """
    if earlier is None:
        return
    said = [str(it) for it in changes(Picture(earlier), Picture(graph))]
    lines = [_LETTERS.sub(r"<code>\g<0></code>", escape(it)) for it in said]
    items = "".join(f"<li>{line}</li>" for line in lines or ["nothing has changed"])
    label = "Changed since the picture before"
    yield raw(f'<ul class="graph-changes" aria-label="{label}">{items}</ul>\n')


def legend(page: str) -> nodes.Node:
    """Link to the page that explains shapes and letters."""
    return pending_xref(
        "",
        nodes.inline("", "how to read it"),
        refdoc=page,
        refdomain="std",
        reftype="ref",
        reftarget=LEGEND,
        refexplicit=True,
        refwarn=False,
    )


def _leave_out(
    app: Sphinx, _env: object, reference: pending_xref, _content: nodes.Element
) -> nodes.Node | None:
    """Show no link to a page that a site does not have; one that is nitpicky wants it."""
    missed = reference["reftarget"] == LEGEND and not app.config.nitpicky
    return nodes.inline() if missed else None


def _draw(self: HTML5Translator, node: nodes.Element) -> None:
    """Write a picture; what leads nowhere on this site is no link."""

    def linked(match: re.Match[str]) -> str:
        address = _address(self, match[1], match[2])
        return f' href="{escape(address)}" tabindex="-1"' if address else ""

    self.body.append(_LINK.sub(linked, node["svg"]))
    raise nodes.SkipNode


def _explain(self: HTML5Translator, node: nodes.Element) -> None:
    pairs = [target.split(":", 1) for target in node["targets"]]
    links = [
        f'<a class="reference internal" href="{escape(address)}">{escape(name)}</a>'
        for scheme, name in pairs
        if (address := _address(self, scheme, name))
    ]
    if links:
        self.body.append(f'<p class="graph-links">Explained: {", ".join(links)}</p>\n')
    raise nodes.SkipNode


def _skip(_translator: nodes.NodeVisitor, _node: nodes.Element) -> None:
    raise nodes.SkipNode


def _address(translator: HTML5Translator, scheme: str, name: str) -> str | None:
    """Find where a word, a rule or a section is, seen from the page that is written."""
    builder = translator.builder
    found = _place(builder.env, scheme, name)
    if found is None:
        return None
    page, anchor = found
    return f"{builder.get_relative_uri(builder.current_docname, page)}#{anchor}"


def _place(env: BuildEnvironment, scheme: str, name: str) -> tuple[str, str] | None:
    standard = env.domains.standard_domain
    if scheme == "term":
        return standard.objects.get(("term", name))
    if scheme == "ref":
        return standard.anonlabels.get(name)
    found = GuideDomain.of(env).find("rule", name)
    return (found[0], found[1].anchor) if found else None
