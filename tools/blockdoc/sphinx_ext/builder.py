# SPDX-License-Identifier: GPL-2.0-or-later
"""The HTML builder, with the home page at the root of the site.

A page's address is its path in the repository.  The home page, ``docs/index.md``,
has that address too, but its first one is the root's ``index.html``: that is what
every link to it says.  It is written twice, each time with links that are right
where it stands.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.util.logging import suppress_logging

__all__ = ["GuideBuilder"]


class GuideBuilder(StandaloneHTMLBuilder):
    """Sphinx's HTML builder; one page has two addresses."""

    name: ClassVar = "html"
    #: The site has its own: :mod:`.passages`.
    search = False
    #: Where the home page is being written.
    _home = "index"

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Return a page's address, relative to the root of the site."""
        return super().get_target_uri(self._address(docname), typ)

    def get_output_path(self, page_name: str, /) -> Path:
        """Return the file that a page is written to."""
        return super().get_output_path(self._address(page_name))

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        """Write a page; the home page at both of its addresses."""
        super().write_doc(docname, doctree)
        if docname == self.config.root_doc:
            # What is wrong with the page has been said.
            with self._home_at(docname), suppress_logging():
                again = self.env.get_and_resolve_doctree(docname, self, tags=self.tags)
                self.post_process_images(again)
                super().write_doc(docname, again)

    def _address(self, page: str) -> str:
        return self._home if page == self.config.root_doc else page

    @contextmanager
    def _home_at(self, page: str) -> Iterator[None]:
        self._home = page
        try:
            yield
        finally:
            del self._home
