# SPDX-License-Identifier: GPL-2.0-or-later
"""A step as the reader sees it: a figure with its name, its text or its picture.

::

    ┌ commit-active-start                    # [copy link]
    │ QEMU 10.0 and later                                     if there are alternatives
    │ -> { "execute": "block-commit", … }
    │ <- { "return": {} }
    └

On the example's page the figure has the step's id; in a chapter it links there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes

from blockdoc.errors import Place
from blockdoc.example.model import StepKind
from blockdoc.sphinx_ext.alternatives import alternatives
from blockdoc.sphinx_ext.dialogues import dialogue_html, trace_html
from blockdoc.sphinx_ext.html import cite, heading, make, raw
from blockdoc.sphinx_ext.pictures import Frame, legend, pictures, read_graph
from blockdoc.sphinx_ext.roles import link
from blockdoc.sphinx_ext.transcripts import transcripts_html

__all__ = ["Alternative", "Figure", "figures"]


#: Says where a gdb step runs; elsewhere it is skipped.
GDB = "gdb, on a QEMU 10.0 built with DWARF; skipped on the release builds"


@dataclass(frozen=True, slots=True)
class Alternative:
    """The text of a step, for some releases or all."""

    text: str
    #: First line of `text`.
    place: Place
    #: The condition, as written.
    when: str | None = None
    #: How QEMU ends, where a bug ends it.
    ends: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A step, to be shown."""

    id: str
    kind: StepKind
    alternatives: tuple[Alternative, ...]
    title: str = ""
    setup: bool = False
    #: The machine that it speaks to, if the example has several.
    vm: str = ""


def figures(
    steps: Sequence[Figure], page: str, root: Path, *, own: bool
) -> dict[str, nodes.Node]:
    """Show steps of one example on `page` of the site at `root`; the figure of each id.

    `own`: it is the example's own page, which has the anchors.  Elsewhere a figure
    links there.  Graphs that are shown together share one layout.
    """
    prefix = "" if own else f"{page.replace('/', '-')}-"
    graphs = [step for step in steps if step.kind == "graph"]
    bodies: dict[str, list[list[nodes.Node]]] = {}
    for vm in dict.fromkeys(step.vm for step in graphs):
        bodies |= pictures(_frames([it for it in graphs if it.vm == vm]), prefix)
    for step in steps:
        texts = [(it.text, it.place) for it in step.alternatives]
        if step.kind == "qmp":
            shown = zip(transcripts_html(texts), step.alternatives, strict=True)
            bodies[step.id] = [[raw(html), *_end(it)] for html, it in shown]
        elif step.kind == "trace":
            bodies[step.id] = [[raw(trace_html(it.text))] for it in step.alternatives]
        elif step.kind != "graph":
            bodies[step.id] = [[raw(dialogue_html(*it, step.kind))] for it in texts]
    return {step.id: _figure(step, bodies[step.id], page, root, own=own) for step in steps}


def _end(alternative: Alternative) -> list[nodes.Node]:
    """Say how QEMU ends, if it does."""
    if not alternative.ends:
        return []
    return [make("p", [nodes.Text(f"QEMU {alternative.ends}")], classes=["qmp-ends"])]


def _frames(steps: Sequence[Figure]) -> list[Frame]:
    """Read the graphs of steps, alternatives and all."""
    return [
        Frame(step.id, number, read_graph(alternative.text, alternative.place))
        for step in steps
        for number, alternative in enumerate(step.alternatives)
    ]


def _figure(
    step: Figure, bodies: Sequence[Sequence[nodes.Node]], page: str, root: Path, *, own: bool
) -> nodes.Node:
    conditions = [it.when for it in step.alternatives if it.when is not None]
    content = [node for body in bodies for node in body]
    if len(conditions) == len(bodies):
        content = [alternatives(conditions, bodies, root)]
    if step.setup:
        summary = make("summary", [nodes.Text("Set-up, run before what follows")])
        content = [make("details", [summary, *content], classes=["setup"])]
    return make(
        "figure",
        [_head(step, page, own=own), *content],
        classes=["step", f"step-{step.kind}"],
        ids=[step.id] if own else [],
        aria_label=f"Step {step.id}",
        data_step=step.id,
        **({"data_vm": step.vm} if step.kind == "graph" else {}),
    )


def _head(step: Figure, page: str, *, own: bool) -> nodes.Node:
    name = nodes.literal("", step.id)
    label: list[nodes.Node] = [name if own else link("step", step.id, page, name)]
    if step.title:
        label.insert(0, make("span", [nodes.Text(step.title)], classes=["guide-title"]))
    if step.vm:
        words = [nodes.Text("on "), nodes.literal("", step.vm)]
        label.append(make("span", words, classes=["guide-vm"]))
    if step.kind == "gdb":
        label.append(make("span", [nodes.Text(GDB)], classes=["guide-vm", "guide-gdb"]))
    if step.kind == "graph":
        label.append(legend(page))
    if not own:
        return make("p", label, classes=["guide-head"])
    return heading(label, step.id, "step", cite(step.id, step.title, step.kind))
