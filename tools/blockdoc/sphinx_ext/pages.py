# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages and files: which page is an example, where it is edited."""

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from blockdoc.example import is_example

__all__ = ["add_page_links", "example_of", "is_example_page", "source_path"]


def source_path(env: BuildEnvironment, page: str) -> str:
    """Return the path of a page's file in the repository."""
    return Path(env.doc2path(page, base=False)).as_posix()


def is_example_page(env: BuildEnvironment, page: str) -> bool:
    """Say whether `page` is an example rather than a chapter or an index."""
    path = Path(source_path(env, page))
    return path.parts[0] == "examples" and is_example(path)


def example_of(page: str) -> str:
    """Return the name by which ``{example}`` calls the example of `page`."""
    return page.removeprefix("examples/")


def add_page_links(
    app: Sphinx,
    pagename: str,
    templatename: str,  # noqa: ARG001 - Sphinx's signature
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Tell the template where to mend the page and where to report a mistake."""
    context["guide_home"] = f"{app.config.html_baseurl.rstrip('/')}/"
    if doctree is None:
        return
    path = source_path(app.env, pagename)
    context["guide_path"] = path
    context["guide_edit"] = app.config.guide_edit_url.replace("{path}", path)
    context["guide_report"] = app.config.guide_report_url.replace("{path}", path)
