# SPDX-License-Identifier: GPL-2.0-or-later
"""Permanent ids: a label for each, and none that was published is lost.

::

    (drain-why)=      what the button of its section cites
    ## Why
    DRAIN-3, a step   std labels as well: any other Sphinx links with :ref:`drain-3`
    moved.txt         an anchor that has moved leads on from where it was

What is gone is a warning with the redirect to add (:mod:`blockdoc.published`).
"""

from html import escape
from pathlib import Path
from typing import ClassVar, Final

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform

from blockdoc.errors import AuthorError
from blockdoc.published import Published, page_of
from blockdoc.sphinx_ext.domain import GuideDomain
from blockdoc.sphinx_ext.html import make, raw
from blockdoc.sphinx_ext.pages import example_of
from blockdoc.sphinx_ext.report import warn, warn_error

__all__ = [
    "CitedSections",
    "check_published",
    "current_ids",
    "label_page",
    "lead_on",
    "published",
    "refresh_moved",
]

EXAMPLES: Final = "examples/"


class CitedSections(SphinxTransform):
    """Remember by which id a section is cited: the one that its author gave it."""

    default_priority: ClassVar = 870

    def apply(self, **_kwargs: object) -> None:
        """Look at each section's names; an example is cited by its file's."""
        for section in self.document.findall(nodes.section):
            for name in section["names"]:
                if self.document.nametypes.get(name):
                    section["cited"] = name
        page = self.env.docname
        first = self.document.next_node(nodes.section)
        if page.startswith(EXAMPLES) and first is not None:
            first["cited"] = example_of(page)


def label_page(app: Sphinx, document: nodes.document) -> None:
    """Note rules, steps and the example of a page as labels."""
    domain, page = GuideDomain.of(app.env), app.env.docname
    labels = {it.anchor: it.label for kind in ("rule", "step") for it in domain.on(kind, page)}
    for name, title in labels.items():
        _label(app.env, name, name, title)
    if page.startswith(EXAMPLES):
        title = document.next_node(nodes.title)
        _label(app.env, example_of(page), "", title.astext() if title is not None else page)


def _label(env: BuildEnvironment, name: str, anchor: str, title: str) -> None:
    """Note a label, unless another place has it: that is told of when all is known."""
    known = env.domains.standard_domain
    if known.anonlabels.setdefault(name, (env.docname, anchor)) == (env.docname, anchor):
        known.labels[name] = (env.docname, anchor, title)


def current_ids(env: BuildEnvironment) -> dict[str, str]:
    """Return the address of each id of the site."""
    labels = env.domains.standard_domain.anonlabels.items()
    found = {
        name: f"{page}#{anchor}" if anchor else page
        for name, (page, anchor) in labels
        if page in env.found_docs
    }
    for page, rule in GuideDomain.of(env).entries("rule"):
        found.pop(rule.anchor, None)
        found[rule.id] = f"{page}#{rule.anchor}"
    return found


def published(env: BuildEnvironment) -> Published:
    """Read what was published; if that cannot be read, it is told of by the check."""
    try:
        return Published.read(Path(env.srcdir))
    except AuthorError:
        return Published()


def check_published(_app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of each published id that leads nowhere, and of each that is there twice."""
    current = current_ids(env)
    found = list(GuideDomain.of(env).entries("step"))
    steps = {f"{page}#{it.anchor}" for page, it in found}  # repeated ones are told of elsewhere
    for page, step in found:
        other = current[step.id]
        if other not in steps:
            message = f"step {step.id} has the id of {other}"
            warn(message, (page, step.line), "published")
    try:
        gone = Published.read(Path(env.srcdir)).gone(current, env.found_docs)
    except AuthorError as error:
        warn_error(error, None, "published")
        return
    for it in gone:
        warn(it.message, str(it.place), "published")


def refresh_moved(_app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Name the pages to write again, because the redirects have changed."""
    domain, moved = GuideDomain.of(env), dict(published(env).moved)
    old = domain.data["moved"]
    if moved == old:
        return []
    domain.data["moved"] = moved
    pages = {page_of(it) for its in (moved, old) for pair in its.items() for it in pair}
    return sorted(pages & env.found_docs)


def lead_on(app: Sphinx, document: nodes.document, page: str) -> None:
    """Let each anchor that has moved from `page` lead on to where it is."""
    domain = GuideDomain.of(app.env)
    redirects = Published(moved=domain.data["moved"])
    away = []
    for old in domain.data["moved"]:
        if page_of(old) != page or "#" not in old:
            continue
        anchor, now = old.partition("#")[2], redirects.now(old)
        if page_of(now) != page:
            away.append((anchor, now))
        elif (heir := _heir(document, now.partition("#")[2])) is not None:
            heir["ids"].append(anchor)
    if away:
        document.append(_list(app, page, away))


def _heir(document: nodes.document, anchor: str) -> nodes.Element | None:
    """Find what has an anchor now; without one, the page's first section."""
    if not anchor:
        return document.next_node(nodes.section)
    return next((it for it in document.findall(nodes.Element) if anchor in it["ids"]), None)


def _list(app: Sphinx, page: str, away: list[tuple[str, str]]) -> nodes.Node:
    """List what has gone to other pages; a script follows such a link at once."""
    items = []
    for anchor, now in away:
        target, _, there = now.partition("#")
        if target not in app.env.found_docs:
            continue
        address = app.builder.get_relative_uri(page, target) + (f"#{there}" if there else "")
        title = escape(app.env.titles[target].astext())
        items.append(
            f'<li>{escape(anchor)}: <a class="moved" id="{escape(anchor)}" '
            f'href="{escape(address)}">{title}</a></li>'
        )
    return make(
        "div",
        [raw(f"<p>Moved from this page:</p><ul>{''.join(items)}</ul>")],
        classes=["moved-away"],
    )
