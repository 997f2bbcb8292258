# SPDX-License-Identifier: GPL-2.0-or-later
"""What the sidebar lists: the parts of the site, and the branch in which the page is.

The theme asks for the whole tree on each page: hundreds of examples, more than many a page
itself.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

__all__ = ["add_navigation"]


def add_navigation(app: Sphinx) -> None:
    """Shorten it before the theme makes it."""
    app.connect("html-page-context", _shorten, priority=100)


def _shorten(
    app: Sphinx,
    pagename: str,
    templatename: str,  # noqa: ARG001 - Sphinx's signature
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Let the theme have less than it asks for; what is in no branch shows two levels."""
    whole = context.get("toctree")
    if whole is None:
        return
    top = doctree is None or pagename == app.config.root_doc
    less = {"collapse": False, "maxdepth": 2} if top else {"collapse": True}
    context["toctree"] = lambda **wanted: whole(**wanted | less)
