# SPDX-License-Identifier: GPL-2.0-or-later
"""What the search finds: sections, rules, steps, words, error messages; not pages.

::

    passages.js    guidePassages = {"pages": [[address, title], …],
                                    "passages": [[page, anchor, kind, title, text], …]}

A page's passages are noted when it is read.  Each has the text up to the next place that
has an id of its own; what a chapter shows of an example is the example's.
docs/_static/search.js looks through all of it: no server, and no stemming that would take
``bdrv_drained_begin`` or ``DRAIN-3`` apart.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Final

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from blockdoc.coverage import Message, messages
from blockdoc.sphinx_ext.domain import GuideDomain, PassageEntry
from blockdoc.sphinx_ext.error_index import message_anchor, pages_with_errors
from blockdoc.sphinx_ext.html import tag

__all__ = ["FILE", "add_passages", "passages"]

FILE: Final = "passages.js"
#: What there is beside the text: names, results by release, a graph in words.
_BESIDE: Final = {"badges", "guide-head", "runs", "in-words"}
_MARKUP: Final = re.compile(r"<[^>]*>")


@dataclass(slots=True)
class _Passage:
    """A passage while its text is collected."""

    kind: str
    anchor: str
    title: str
    parts: list[str] = field(default_factory=list)

    def entry(self) -> PassageEntry:
        """Return it with its text in one line."""
        text = " ".join("".join(self.parts).split())
        return PassageEntry(self.kind, self.anchor, self.title, text)


def add_passages(app: Sphinx) -> None:
    """Note passages when pages are read; write them when all is written."""
    app.connect("doctree-read", _note)
    app.connect("build-finished", _write)


def _note(app: Sphinx, document: nodes.document) -> None:
    domain, page = GuideDomain.of(app.env), app.env.docname
    titles = {it.anchor: it.label for it in domain.on("rule", page)}
    for entry in passages(document, titles):
        domain.note("passage", page, entry)


def passages(document: nodes.document, titles: dict[str, str]) -> list[PassageEntry]:
    """Divide a page; `titles` are those of rules, by anchor."""
    top = _Passage("section", "", "")
    found = [top]
    _collect(document, top, found, titles)
    return [it.entry() for it in found if it.title]


def _collect(
    node: nodes.Node, into: _Passage, found: list[_Passage], titles: dict[str, str]
) -> None:
    """Add the text of `node` to a passage, or begin others in it."""
    for child in node.children:
        own = _begins(child, titles)
        if own is not None:
            found.append(own)
        if isinstance(child, nodes.raw):
            into.parts.append(unescape(_MARKUP.sub("", child.astext())))
        elif isinstance(child, nodes.Text):
            into.parts.append(child.astext())
        elif not _is_beside(child):
            _collect(child, own or into, found, titles)
        if not isinstance(child, nodes.Inline | nodes.Text):
            into.parts.append(" ")


def _begins(node: nodes.Node, titles: dict[str, str]) -> _Passage | None:
    """Begin a passage, if the node is a place of its own."""
    if isinstance(node, nodes.section):
        title = node.next_node(nodes.title)
        anchor = node.get("cited") or node["ids"][0]
        return _Passage("section", anchor, title.astext() if title is not None else "")
    if isinstance(node, nodes.definition_list_item):
        term = node.next_node(nodes.term)
        if term is not None and term["ids"]:
            return _Passage("word", term["ids"][0], term.astext())
    if isinstance(node, tag) and node["ids"]:
        if "rule" in node["classes"]:
            return _Passage("rule", node["ids"][0], titles.get(node["ids"][0], ""))
        if "step" in node["classes"]:
            return _Passage("step", node["ids"][0], node["ids"][0])
    return None


def _is_beside(node: nodes.Node) -> bool:
    """Say whether a node is no text of its page, or that of another page."""
    if not isinstance(node, nodes.Element):
        return True
    if isinstance(node, nodes.title | nodes.term | nodes.Invisible):
        return True  # the passage has it already
    if isinstance(node, tag) and "step" in node["classes"]:
        return not node["ids"]
    return not _BESIDE.isdisjoint(node.get("classes", ()))


def _write(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    pages: dict[str, int] = {}
    lines = []
    for page, it in _all(app.env):
        number = pages.setdefault(page, len(pages))
        anchor = "" if it.title == _title(app.env, page) else it.anchor
        lines.append([number, anchor, it.kind, it.title, it.text])
    known = [[app.builder.get_target_uri(page), _title(app.env, page)] for page in pages]
    data = {"pages": known, "passages": lines}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    Path(app.outdir, FILE).write_text(f"var guidePassages = {text};\n", encoding="utf-8")


def _title(env: BuildEnvironment, page: str) -> str:
    return env.titles[page].astext()


def _all(env: BuildEnvironment) -> Iterator[tuple[str, PassageEntry]]:
    domain = GuideDomain.of(env)
    yield from domain.entries("passage")
    for page in pages_with_errors(env):
        yield from ((page, it) for it in _errors(domain, env.titles))


def _errors(domain: GuideDomain, titles: Mapping[str, nodes.title]) -> Iterator[PassageEntry]:
    """Yield each message once, with the commands that give it and where it is explained."""
    shown: dict[str, list[str]] = {}
    for page, step in domain.entries("shown"):
        shown.setdefault(step, []).append(titles[page].astext())
    known: dict[str, list[Message]] = {}
    for it in messages(entry for _, entry in domain.entries("answers")):
        known.setdefault(it.desc, []).append(it)
    for desc, alike in known.items():
        steps = [step for it in alike for step, _ in it.steps]
        where = dict.fromkeys(page for step in steps for page in shown.get(step, ()))
        text = ", ".join(it.command for it in alike if it.command)
        if where:
            text += f". Explained in {', '.join(where)}."
        yield PassageEntry("message", message_anchor(alike[0]), desc, text)
