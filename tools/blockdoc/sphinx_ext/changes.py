# SPDX-License-Identifier: GPL-2.0-or-later
"""What has changed in the guide: a page, and a feed of the same.

::

    changes.html    each commit that touched a page, newest first, with the pages
    changes.xml     Atom; needs GUIDE_BASE_URL, for a feed has no relative addresses

Both are made of git's history while the site is built.  Where there is none, as in an
archive of the sources, they are left out, and so are the links to them.
"""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import groupby
from pathlib import Path
from posixpath import join
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

__all__ = ["add_changes"]

PAGE: Final = "changes"
FEED: Final = "changes.xml"
TITLE: Final = "What has changed"
#: How many changes are told of, and how many pages of one.
MOST, MOST_PAGES = 60, 6
ATOM: Final = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class Change:
    """A commit that touched pages."""

    commit: str
    #: As in ISO 8601, with a time zone.
    time: str
    subject: str
    #: Those that are there now.
    pages: tuple[str, ...]

    @property
    def anchor(self) -> str:
        """Return the HTML id."""
        return f"change-{self.commit[:12]}"


def add_changes(app: Sphinx) -> None:
    """Make the page and the feed; let each page know of them."""
    app.connect("html-page-context", _link)
    app.connect("html-collect-pages", _page)
    app.connect("build-finished", _feed)


@lru_cache(maxsize=1)
def history(root: Path) -> str:
    """Return git's log of the pages below `root`; nothing if that is no clone's top.

    Commits begin with U+001E, their parts with U+001F; the rest is a name on each line.
    """
    git = shutil.which("git")
    if git is None:
        return ""
    command = [git, "-C", str(root), "-c", "core.quotePath=false"]
    form = "--format=%x1e%H%x1f%cI%x1f%s%x1f"
    try:
        top = _said([*command, "rev-parse", "--show-toplevel"]).strip()
        if not top or Path(top).resolve() != root.resolve():
            return ""
        return _said(
            [*command, "log", "--no-merges", "--name-only", form, "--", "docs", "examples"]
        )
    except OSError:
        return ""


def _said(command: Sequence[str]) -> str:
    run = subprocess.run(command, capture_output=True, check=False)
    return run.stdout.decode(errors="replace") if run.returncode == 0 else ""


def changes(log: str, env: BuildEnvironment) -> list[Change]:
    """Read the log; what touched no page that is there is left out."""
    found = []
    for record in log.split("\x1e")[1:]:
        commit, time, subject, names = record.split("\x1f", 3)
        paths = (line for line in names.splitlines() if line.endswith(".md"))
        pages = [it.removesuffix(".md") for it in paths]
        there = tuple(page for page in pages if page in env.found_docs)
        if there:
            plain = "".join(it for it in subject if it.isprintable())
            found.append(Change(commit, time, plain, there))
        if len(found) == MOST:
            break
    return found


def _of(app: Sphinx) -> list[Change]:
    return changes(history(Path(app.srcdir)), app.env)


def _link(
    app: Sphinx,
    pagename: str,  # noqa: ARG001 - Sphinx's signature
    templatename: str,  # noqa: ARG001 - as above
    context: dict[str, Any],
    doctree: nodes.document | None,  # noqa: ARG001 - as above
) -> None:
    """Tell the templates that there is such a page, and readers of feeds where theirs is."""
    if not history(Path(app.srcdir)):
        return
    context["guide_changes"] = PAGE
    if base := app.config.html_baseurl:
        feed = f'type="application/atom+xml" title="{TITLE}" href="{escape(join(base, FEED))}"'
        context["metatags"] = f'{context.get("metatags", "")}\n<link rel="alternate" {feed}>'


def _page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    found = _of(app)
    if found:
        body = "".join(_body(app, found))
        yield PAGE, {"title": TITLE, "body": body}, "page.html"


def _body(app: Sphinx, found: Sequence[Change]) -> Iterator[str]:
    yield f"<h1>{TITLE}</h1>\n<p>In chapters and examples, newest first, with the pages.</p>\n"
    for day, group in groupby(found, key=lambda it: it.time[:10]):
        yield f'<h2>{day}</h2>\n<ul class="changes">\n'
        for it in group:
            yield (
                f'<li id="{it.anchor}">{escape(it.subject)}'
                f'<span class="changed">{_pages(app, it)}</span></li>\n'
            )
        yield "</ul>\n"


def _pages(app: Sphinx, change: Change) -> str:
    """Link the first pages of a change."""
    shown = ", ".join(
        f'<a href="{escape(app.builder.get_relative_uri(PAGE, page))}">{_title(app, page)}</a>'
        for page in change.pages[:MOST_PAGES]
    )
    more = len(change.pages) - MOST_PAGES
    return f"{shown} and {more} more" if more > 0 else shown


def _title(app: Sphinx, page: str) -> str:
    return escape(app.env.titles[page].astext())


def _feed(app: Sphinx, exception: Exception | None) -> None:
    """Write the feed."""
    base = app.config.html_baseurl
    if exception is not None or app.builder.format != "html" or not base:
        return
    if found := _of(app):
        feed = tostring(_atom(app, found, base), encoding="unicode", xml_declaration=True)
        Path(app.outdir, FEED).write_text(f"{feed}\n", encoding="utf-8")


def _atom(app: Sphinx, found: Sequence[Change], base: str) -> Element:
    feed = Element("feed", xmlns=ATOM)
    page = join(base, app.builder.get_target_uri(PAGE))
    SubElement(feed, "id").text = join(base, FEED)
    SubElement(feed, "title").text = f"{app.config.html_title}: {TITLE.lower()}"
    SubElement(feed, "updated").text = found[0].time
    SubElement(SubElement(feed, "author"), "name").text = str(app.config.author)
    SubElement(feed, "link", rel="self", href=join(base, FEED))
    SubElement(feed, "link", href=page)
    for it in found:
        entry = SubElement(feed, "entry")
        SubElement(entry, "id").text = f"{page}#{it.anchor}"
        SubElement(entry, "title").text = it.subject
        SubElement(entry, "updated").text = it.time
        SubElement(entry, "link", href=f"{page}#{it.anchor}")
        titles = ", ".join(app.env.titles[name].astext() for name in it.pages[:MOST_PAGES])
        SubElement(entry, "summary").text = titles
    return feed
