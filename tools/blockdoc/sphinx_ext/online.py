# SPDX-License-Identifier: GPL-2.0-or-later
"""What others than readers take from a published site: search engines, chats, mail.

::

    <meta name="description">, og:…    what a link to the page is shown as
    sitemap.xml, robots.txt            all pages, without the ones that only lead on

What has an address in it needs GUIDE_BASE_URL: without it, it is left out.
"""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from posixpath import join
from typing import Any, Final

from docutils import nodes
from sphinx.application import Sphinx

__all__ = ["add_online"]

#: About as much as is shown of a page.
LENGTH: Final = 200
CARD: Final = "_static/card.png"


def add_online(app: Sphinx) -> None:
    """Say of each page what it is about; list all pages."""
    app.connect("html-page-context", _describe)
    app.connect("build-finished", _list)


def summary(document: nodes.document) -> str:
    """Return the beginning of the first paragraph, cut between words."""
    for paragraph in document.findall(nodes.paragraph):
        texts = (it for it in paragraph.findall(nodes.Text) if not _is_raw(it.parent))
        words = "".join(it.astext() for it in texts).split()
        if len(words) > 3:  # noqa: PLR2004 - less is a label
            break
    else:
        return ""
    text = " ".join(words)
    return text if len(text) <= LENGTH else f"{text[:LENGTH].rpartition(' ')[0]} …"


def _is_raw(node: nodes.Node | None) -> bool:
    return isinstance(node, nodes.raw)


def _describe(
    app: Sphinx,
    pagename: str,
    templatename: str,  # noqa: ARG001 - Sphinx's signature
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Add what a link to the page is shown as."""
    if doctree is None:
        return
    base = app.config.html_baseurl
    if base and pagename == app.config.root_doc:  # it has two addresses
        context["pageurl"] = f"{base.rstrip('/')}/"
    about, site = summary(doctree), str(app.config.html_title)
    title = app.env.titles[pagename].astext()
    named = {"description": about, "twitter:card": "summary_large_image" if base else "summary"}
    card = {
        "og:type": "article",
        "og:title": title,
        "og:description": about,
        "og:site_name": "" if title == site else site,
        "og:url": context.get("pageurl") or "",
        "og:image": join(base, CARD) if base else "",
        "og:image:alt": site if base else "",
    }
    context["metatags"] = "\n".join(
        [
            context.get("metatags", ""),
            *_tags("name", named),
            *_tags("property", card),
        ]
    )


def _tags(key: str, values: dict[str, str]) -> Iterator[str]:
    """Write what has a value."""
    for name, value in values.items():
        if value:
            yield f'<meta {key}="{name}" content="{escape(value)}">'


def _list(app: Sphinx, exception: Exception | None) -> None:
    """Write the list of all pages."""
    base = app.config.html_baseurl
    if exception is not None or app.builder.format != "html" or not base:
        return
    addresses = {
        "" if page == app.config.root_doc else app.builder.get_target_uri(page)
        for page in app.env.found_docs
    }
    lines = [f"<url><loc>{escape(join(base, it))}</loc></url>" for it in sorted(addresses)]
    sitemap = "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
            *lines,
            "</urlset>",
        ]
    )
    robots = f"User-agent: *\nDisallow:\nSitemap: {join(base, 'sitemap.xml')}"
    for name, text in (("sitemap.xml", sitemap), ("robots.txt", robots)):
        Path(app.outdir, name).write_text(f"{text}\n", encoding="utf-8")
