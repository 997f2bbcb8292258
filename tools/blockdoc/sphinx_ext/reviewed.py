# SPDX-License-Identifier: GPL-2.0-or-later
"""For which release something was reviewed: a quiet line, where it is known.

::

    reviewed: 10.2.2                    front matter: at the foot of the page
    docs/_data/reviews.json             what was read again by itself: below the heading of
      { "drain-why": "11.1.3" }         a section, at the foot of a rule
"""

from pathlib import Path
from typing import Final

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from blockdoc.drift import Reviews
from blockdoc.errors import AuthorError
from blockdoc.published import page_of
from blockdoc.sphinx_ext.domain import GuideDomain
from blockdoc.sphinx_ext.html import make
from blockdoc.sphinx_ext.permanent import current_ids
from blockdoc.sphinx_ext.report import warn_error

__all__ = ["add_reviews"]

KEY: Final = "reviewed"


def add_reviews(app: Sphinx) -> None:
    """Show them, and write a page again when they change."""
    app.connect("env-get-updated", _refresh)
    app.connect("doctree-resolved", _show)


def _refresh(_app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Name the pages of which other reviews are recorded now."""
    domain = GuideDomain.of(env)
    old, new = domain.data[KEY], _by_page(env)
    domain.data[KEY] = new
    changed = {page for page in {*old, *new} if old.get(page) != new.get(page)}
    return sorted(changed & env.found_docs)


def _by_page(env: BuildEnvironment) -> dict[str, dict[str, str]]:
    """Return the release by page and anchor; of the page itself the anchor is empty."""
    found = {
        page: {"": str(known[KEY])} for page, known in env.metadata.items() if KEY in known
    }
    try:
        releases = Reviews.read(Path(env.srcdir)).releases
    except AuthorError as error:
        warn_error(error, None, KEY)
        return found
    places = {name.lower(): address for name, address in current_ids(env).items()}
    for name, release in releases.items():
        address = places.get(name.lower(), name.removesuffix(".md"))
        found.setdefault(page_of(address), {})[address.partition("#")[2]] = release
    return found


def _show(app: Sphinx, document: nodes.document, page: str) -> None:
    """Add a line to what was reviewed."""
    for anchor, release in GuideDomain.of(app.env).data[KEY].get(page, {}).items():
        words = nodes.Text(f"Reviewed against QEMU {release}.")
        line = make("p", [words], classes=[KEY])
        whole = next((it for it in document.findall(nodes.Element) if _has(it, anchor)), None)
        if isinstance(whole, nodes.section):
            whole.insert(1, line)
        elif whole is not None:
            whole.append(line)


def _has(node: nodes.Element, anchor: str) -> bool:
    return anchor in node["ids"] if anchor else isinstance(node, nodes.document)
