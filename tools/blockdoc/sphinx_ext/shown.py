# SPDX-License-Identifier: GPL-2.0-or-later
"""``{example}``: show an example's steps in a chapter.

::

    ```{example} jobs/commit-active
    :only: commit-active-start commit-active-ready
    ```

The steps are shown as they stand in the file; nothing here is run.  The page depends
on the file, so that a changed example renews every chapter that shows it.
"""

from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst.directives import unchanged_required
from sphinx.addnodes import pending_xref
from sphinx.util.docutils import SphinxDirective

from blockdoc.errors import AuthorError
from blockdoc.example import Example, Step, read_example
from blockdoc.sphinx_ext.domain import GuideDomain
from blockdoc.sphinx_ext.figures import Alternative, Figure, figures
from blockdoc.sphinx_ext.html import make
from blockdoc.sphinx_ext.report import warn, warn_error

__all__ = ["ExampleDirective"]


class ExampleDirective(SphinxDirective):
    """Steps of an example, shown in a chapter."""

    required_arguments = 1
    option_spec: ClassVar = {"only": unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Show the steps asked for, or all."""
        location = (self.env.docname, self.lineno)
        name = self.arguments[0]
        path = Path(self.env.srcdir, "examples", f"{name}.md")
        if not path.is_file() and path.with_suffix(".rst").is_file():
            path = path.with_suffix(".rst")
        self.env.note_dependency(path)
        if not path.is_file():
            warn(
                f"unknown example {name!r}: there is no examples/{name}.md", location, "example"
            )
            return []
        try:
            example = read_example(path, Path(self.env.srcdir))
        except AuthorError as error:
            warn_error(error, location, "example")
            return []
        return [self._show(example, name)]

    def _show(self, example: Example, name: str) -> nodes.Node:
        only = self._only(example)
        chosen = [step.id for step in example.steps if not only or step.id in only]
        steps = [it for it in example.steps if it.id in chosen]
        for step_id in chosen:
            GuideDomain.of(self.env).note("shown", self.env.docname, step_id)
        shown = figures(
            [_figure(step) for step in steps],
            self.env.docname,
            Path(self.env.srcdir),
            own=False,
        )
        title = make("p", [nodes.Text("Example: "), self._link(example, name)])
        title["classes"] = ["example-title"]
        return make("div", [title, *(shown[it] for it in chosen)], classes=["example"])

    def _only(self, example: Example) -> list[str]:
        only: list[str] = self.options.get("only", "").replace(",", " ").split()
        known = [step.id for step in example.steps]
        for step_id in only:
            if step_id not in known:
                message = f"{example.path} has no step {step_id!r}; it has {', '.join(known)}"
                warn(message, (self.env.docname, self.lineno), "example")
        return only

    def _link(self, example: Example, name: str) -> nodes.Node:
        return pending_xref(
            "",
            nodes.inline("", example.title),
            refdoc=self.env.docname,
            refdomain="std",
            reftype="doc",
            reftarget=f"/examples/{name}",
            refexplicit=True,
            refwarn=True,
        )


def _figure(step: Step) -> Figure:
    options = step.alternatives[0].options
    return Figure(
        id=step.id,
        kind=step.kind,
        alternatives=tuple(
            Alternative(fence.text, fence.body, fence.options.get("when"), fence.ends)
            for fence in step.alternatives
        ),
        title=options.get("title", ""),
        setup="setup" in options,
        vm=options.get("vm", ""),
    )
