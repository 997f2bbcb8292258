# SPDX-License-Identifier: GPL-2.0-or-later
"""A step as the reader sees it: a figure with its name, its text or its picture.

::

    ┌ commit-active-start                    # [copy link]
    │ With QEMU >= 10.0                                       if there are alternatives
    │ -> { "execute": "block-commit", … }
    │ <- { "return": {} }
    └

On the example's page the figure has the step's id; in a chapter it links there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.errors import ExtensionError

from blockdoc.errors import AuthorError, MissingError, Place
from blockdoc.example.model import StepKind
from blockdoc.graph.mermaid import parse_mermaid
from blockdoc.graph.model import Graph
from blockdoc.graph.text import describe
from blockdoc.layout.svg import draw
from blockdoc.sphinx_ext.html import heading, make, raw
from blockdoc.sphinx_ext.report import warn_error
from blockdoc.sphinx_ext.roles import link
from blockdoc.sphinx_ext.transcripts import transcripts_html

__all__ = ["Alternative", "Figure", "figures"]


@dataclass(frozen=True, slots=True)
class Alternative:
    """The text of a step, for some releases or all."""

    text: str
    #: First line of `text`.
    place: Place
    #: The condition, as written.
    when: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A step, to be shown."""

    id: str
    kind: StepKind
    alternatives: tuple[Alternative, ...]
    title: str = ""
    setup: bool = False


def figures(steps: Sequence[Figure], page: str, *, own: bool) -> dict[str, nodes.Node]:
    """Show all steps of one example on `page`; return the figure of each id.

    `own`: it is the example's own page, which has the anchors.  Elsewhere a figure
    links there.
    """
    prefix = "" if own else f"{page.replace('/', '-')}-"
    bodies = _pictures([step for step in steps if step.kind == "graph"], prefix)
    for step in steps:
        if step.kind == "qmp":
            texts = [(it.text, it.place) for it in step.alternatives]
            bodies[step.id] = [[raw(html)] for html in transcripts_html(texts)]
    return {step.id: _figure(step, bodies[step.id], page, own=own) for step in steps}


def _figure(
    step: Figure, bodies: Sequence[Sequence[nodes.Node]], page: str, *, own: bool
) -> nodes.Node:
    content: list[nodes.Node] = []
    for alternative, body in zip(step.alternatives, bodies, strict=True):
        if alternative.when is not None:
            words = f"With {alternative.when.replace('qemu', 'QEMU')}:"
            content.append(make("p", [nodes.Text(words)], classes=["alternative"]))
        content.extend(body)
    if step.setup:
        summary = make("summary", [nodes.Text("Set-up, run before what follows")])
        content = [make("details", [summary, *content], classes=["setup"])]
    return make(
        "figure",
        [_head(step, page, own=own), *content],
        classes=["step", f"step-{step.kind}"],
        ids=[step.id] if own else [],
        aria_label=f"Step {step.id}",
    )


def _head(step: Figure, page: str, *, own: bool) -> nodes.Node:
    name = nodes.literal("", step.id)
    label: list[nodes.Node] = [name if own else link("step", step.id, page, name)]
    if step.title:
        label.insert(0, make("span", [nodes.Text(step.title)], classes=["guide-title"]))
    if step.kind == "graph":
        label.append(_legend(page))
    return heading(label, step.id, "step") if own else make("p", label, classes=["guide-head"])


def _pictures(steps: Sequence[Figure], prefix: str) -> dict[str, list[list[nodes.Node]]]:
    """Draw recorded graphs, all with one layout."""
    frames = [
        (step.id, f"{prefix}{step.id}-{number}", _graph(alternative))
        for step in steps
        for number, alternative in enumerate(step.alternatives)
    ]
    if not frames:
        return {}
    try:
        drawn = draw([graph for *_, graph in frames], ids=[name for _, name, _ in frames])
    except MissingError as error:
        raise ExtensionError(str(error)) from error
    pictures: dict[str, list[list[nodes.Node]]] = {step.id: [] for step in steps}
    for (step_id, _, graph), svg in zip(frames, drawn, strict=True):
        pictures[step_id].append(list(_picture(step_id, graph, svg)))
    return pictures


def _picture(step_id: str, graph: Graph, svg: str) -> Iterator[nodes.Node]:
    yield make(
        "div",
        [raw(svg)],
        classes=["graph-box"],
        tabindex="0",
        role="region",
        aria_label=f"Block graph {step_id}",
    )
    summary = make("summary", [nodes.Text("The same in words")])
    words = make("pre", [nodes.Text(describe(graph))], tabindex="0")
    yield make("details", [summary, words], classes=["in-words"])


def _legend(page: str) -> nodes.Node:
    return pending_xref(
        "",
        nodes.inline("", "how to read it"),
        refdoc=page,
        refdomain="std",
        reftype="ref",
        reftarget="reading-graphs",
        refexplicit=True,
        refwarn=True,
    )


def _graph(alternative: Alternative) -> Graph:
    """Read a recorded graph; warn and show none where it does not parse."""
    try:
        return parse_mermaid(alternative.text, alternative.place)
    except AuthorError as error:
        warn_error(error, str(alternative.place), "graph")
        return Graph()
