# SPDX-License-Identifier: GPL-2.0-or-later
"""``{coverage}``: what of the block layer's QMP the examples exercise, as tables and lists."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from blockdoc.coverage import measure, to_markdown
from blockdoc.errors import AuthorError, BlockdocError
from blockdoc.example import Example, examples_below, read_example
from blockdoc.schema.modules import read_modules
from blockdoc.schema.recorded import read_releases
from blockdoc.sphinx_ext.report import warn_error

__all__ = ["CoverageDirective", "refresh_coverage"]

_KEY = "coverage"


class CoverageDirective(SphinxDirective):
    """What the examples exercise."""

    def run(self) -> list[nodes.Node]:
        """Measure all examples."""
        root = Path(self.env.srcdir)
        self.env.metadata[self.env.docname][_KEY] = "yes"
        try:
            newest, modules = read_releases(root)[-1], read_modules(root)
        except BlockdocError as error:
            warn_error(error, self.env.docname, _KEY)
            return []
        coverage = measure(_examples(root), newest, modules)
        words = (
            f"Measured by what QEMU {coverage.version} offers, "
            f"of what the block layer's modules of {coverage.modules} define."
        )
        text = f"{words}\n\n{to_markdown(coverage)}"
        return list(self.parse_text_to_nodes(text))


def _examples(root: Path) -> Iterator[Example]:
    """Yield the examples that can be read; the others are told of elsewhere."""
    for path in examples_below(root / "examples"):
        with contextlib.suppress(AuthorError):
            yield read_example(path, root)


def refresh_coverage(
    _app: Sphinx,
    env: BuildEnvironment,
    added: set[str],
    changed: set[str],
    removed: set[str],
) -> list[str]:
    """Name the pages to read again, because an example has changed."""
    if not any(page.startswith("examples/") for page in added | changed | removed):
        return []
    return [page for page, known in env.metadata.items() if _KEY in known]
