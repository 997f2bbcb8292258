# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps on an example's own page: transcripts, console, monitor, and recorded graphs.

A directive sees one fence; a step may have several (alternatives by release), and the
graphs of a page share one layout.  So each fence leaves a placeholder, and when the
page is read the placeholders become figures.
"""

import contextlib
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from myst_parser.mocking import MockState
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from blockdoc.coverage import Fence, answers
from blockdoc.errors import AuthorError, Place
from blockdoc.example.model import StepKind
from blockdoc.example.options import ConsoleFence, GdbFence, HmpFence, QmpFence, TraceFence
from blockdoc.sphinx_ext.domain import Entry, GuideDomain
from blockdoc.sphinx_ext.figures import Alternative, Figure, figures
from blockdoc.sphinx_ext.pages import is_example_page, source_path
from blockdoc.sphinx_ext.report import warn
from blockdoc.transcript import parse_transcript

__all__ = [
    "ConsoleExample",
    "GdbExample",
    "HmpExample",
    "QmpExample",
    "TraceExample",
    "assemble_steps",
    "step_fence",
]


class placeholder(nodes.General, nodes.Element):  # noqa: N801 - docutils calls nodes like that
    """A fence of a step: its :class:`Figure`, with one alternative."""


class _Step(SphinxDirective):
    """A step that runs something."""

    has_content = True
    kind: ClassVar[StepKind]

    def run(self) -> list[nodes.Node]:
        """Leave a placeholder."""
        return step_fence(self, self.kind)


class QmpExample(_Step):
    """A step: a piece of QMP conversation."""

    kind = "qmp"
    option_spec: ClassVar = QmpFence.option_spec


class HmpExample(_Step):
    """A step: commands of the human monitor."""

    kind = "hmp"
    option_spec: ClassVar = HmpFence.option_spec


class ConsoleExample(_Step):
    """A step: QEMU's and libnbd's tools."""

    kind = "console"
    option_spec: ClassVar = ConsoleFence.option_spec


class TraceExample(_Step):
    """A step: trace events."""

    kind = "trace"
    option_spec: ClassVar = TraceFence.option_spec


class GdbExample(_Step):
    """A step: gdb looks at QEMU."""

    kind = "gdb"
    option_spec: ClassVar = GdbFence.option_spec


def step_fence(directive: SphinxDirective, kind: StepKind) -> list[nodes.Node]:
    """Note the fence of `directive` as a step, and leave a placeholder."""
    env, options = directive.env, directive.options
    location = (env.docname, directive.lineno)
    if not is_example_page(env, env.docname):
        advice = "show it with ```{example} topic/name``` and :only:"
        warn(f"a step stands in a file under examples/; {advice}", location, "step")
        return []
    if "id" not in options:
        warn("a step needs an id, such as `:id: commit-active-start`", location, "step")
        return []
    entry = Entry(options["id"], directive.lineno, options.get("when"))
    GuideDomain.of(env).note("step", env.docname, entry)
    figure = _placeholder(directive, kind)
    if kind == "qmp":
        _note_answers(directive.env, figure["figure"])
    return [figure]


def _note_answers(env: BuildEnvironment, figure: Figure) -> None:
    """Remember what QEMU answers; a fence that cannot be read is told of elsewhere."""
    (alternative,) = figure.alternatives
    with contextlib.suppress(AuthorError):
        found = answers(parse_transcript(alternative.text, alternative.place))
        fence = Fence(figure.id, alternative.when or "", found)
        if fence.when or any(it.desc for it in found):
            GuideDomain.of(env).note("answers", env.docname, fence)


def _placeholder(directive: SphinxDirective, kind: StepKind) -> nodes.Element:
    # MyST counts the content's lines from the directive, docutils from the file's beginning.
    start = directive.lineno if isinstance(directive.state, MockState) else 0
    place = Place(
        source_path(directive.env, directive.env.docname),
        start + directive.content_offset + 1,
    )
    text = "\n".join(directive.content) + "\n"
    when = directive.options.get("when")
    figure = Figure(
        id=directive.options["id"],
        kind=kind,
        alternatives=(Alternative(text, place, when, directive.options.get("ends", "")),),
        title=directive.options.get("title", ""),
        setup="setup" in directive.options,
        vm=directive.options.get("vm", ""),
    )
    return placeholder("", figure=figure)


def assemble_steps(app: Sphinx, document: nodes.document) -> None:
    """Put figures where the placeholders are."""
    found = list(document.findall(placeholder))
    groups = [list(group) for _, group in groupby(found, key=lambda node: node["figure"].id)]
    steps = [_join([node["figure"] for node in group]) for group in groups]
    shown = figures(steps, app.env.docname, Path(app.srcdir), own=True)
    for group, step in zip(groups, steps, strict=True):
        figure = shown.pop(step.id, None)  # an id that comes again is reported elsewhere
        if figure is not None:
            group[0].replace_self(figure)
        for node in group if figure is None else group[1:]:
            node.parent.remove(node)


def _join(fences: list[Figure]) -> Figure:
    first = fences[0]
    alternatives = tuple(alternative for it in fences for alternative in it.alternatives)
    return replace(first, alternatives=alternatives)
