# SPDX-License-Identifier: GPL-2.0-or-later
"""Small pages that lead on: short links, and pages that are elsewhere now.

::

    r/DRAIN-3/index.html         to docs/devel/block/drain.html#drain-3
    docs/devel/block/old.html    to where docs/_data/moved.txt says, anchor by anchor

All links are relative: they work below any path, and from a file.
"""

import json
import re
import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path
from posixpath import relpath
from typing import Final

from sphinx.application import Sphinx

from blockdoc.errors import AuthorError
from blockdoc.published import Published, page_of
from blockdoc.sphinx_ext.permanent import current_ids, published

__all__ = ["write_redirects"]

#: What may be a part of an address without being quoted.
_NAME: Final = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)*", re.ASCII)
#: A meta refresh keeps no anchor, so that a page that was moved is followed by a script.
_SCRIPT: Final = (
    "<script>\n"
    "const moved = %s, anchor = location.hash.slice(1);\n"
    'location.replace(moved[anchor] || "%s" + location.hash);\n'
    "</script>\n"
)
_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{name}</title>
<meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<link rel="canonical" href="{canonical}">
{refresh}
<p>{name} is <a href="{address}">here</a>.</p>
</html>
"""


def write_redirects(app: Sphinx, exception: Exception | None) -> None:
    """Write them beside the pages, if those are HTML and all is well."""
    if exception is not None or app.builder.format != "html":
        return
    site = _Site(app, published(app.env), current_ids(app.env))
    short = Path(app.outdir, "r")
    shutil.rmtree(short, ignore_errors=True)
    try:
        for name in sorted(site.current.keys() | site.known.ids.keys()):
            if _NAME.fullmatch(name):
                site.write_short(name)
        for page in sorted((site.known.pages | site.moved_pages) - app.env.found_docs):
            site.write_page(page)
    except AuthorError:
        return  # redirects that lead in a circle: the check has told of them


class _Site:
    """What is published and what is there, to lead from one to the other."""

    def __init__(self, app: Sphinx, known: Published, current: dict[str, str]) -> None:
        self.app = app
        self.known = known
        self.current = current

    @property
    def moved_pages(self) -> set[str]:
        """Pages that have a redirect."""
        return {page_of(it) for it in self.known.moved}

    def write_short(self, name: str) -> None:
        """Write the short link of an id."""
        address = self.current.get(name) or self.known.now(self.known.ids[name][-1])
        if page_of(address) in self.app.env.found_docs:
            self._write(f"r/{name}/index.html", name, address)

    def write_page(self, page: str) -> None:
        """Write what stands in the place of a page that has moved."""
        now = self.known.now(page)
        if page_of(now) not in self.app.env.found_docs:
            return
        uri = self.app.builder.get_target_uri(page)
        anchors = {
            anchor: self._relative(uri, self.known.now(old))
            for old, anchor in self._anchors(page)
            if self.known.now(old) != f"{now}#{anchor}"
        }
        self._write(uri, page, now, anchors)

    def _anchors(self, page: str) -> Iterator[tuple[str, str]]:
        published_ = {it for its in self.known.ids.values() for it in its}
        for address in sorted(published_ | self.known.moved.keys()):
            if page_of(address) == page and "#" in address:
                yield address, address.partition("#")[2]

    def _write(
        self, file: str, name: str, address: str, anchors: dict[str, str] | None = None
    ) -> None:
        link = self._relative(file, address)
        refresh = f'<meta http-equiv="refresh" content="0; url={escape(link)}">'
        if anchors is not None:
            moved = json.dumps(anchors).replace("<", "\\u003c")
            refresh = _SCRIPT % (moved, link) + f"<noscript>{refresh}</noscript>"
        base = self.app.config.html_baseurl
        text = _PAGE.format(
            name=escape(name),
            address=escape(link),
            canonical=escape(f"{base.rstrip('/')}/{self._uri(address)}" if base else link),
            refresh=refresh,
        )
        path = Path(self.app.outdir, file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _uri(self, address: str) -> str:
        page, _, anchor = address.partition("#")
        uri = self.app.builder.get_target_uri(page)
        return f"{uri}#{anchor}" if anchor else uri

    def _relative(self, file: str, address: str) -> str:
        uri, sharp, anchor = self._uri(address).partition("#")
        return relpath(uri, Path(file).parent.as_posix()) + sharp + anchor
