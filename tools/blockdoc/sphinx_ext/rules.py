# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules: what reviewers cite.

::

    ```{rule} DRAIN-3
    :title: Drain before you take the graph lock, never under it
    :firm: guaranteed
    :symbols: bdrv_drained_begin, bdrv_graph_wrlock_drained
    :shown-by: drain-before-wrlock
    :since: 10.1
    Draining polls; …
    ```

``{rule-index}`` lists all rules of the site.
"""

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst.directives import unchanged_required
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from blockdoc.sphinx_ext.domain import GuideDomain, RuleEntry
from blockdoc.sphinx_ext.html import cite, heading, make
from blockdoc.sphinx_ext.report import warn
from blockdoc.sphinx_ext.roles import is_release, link
from blockdoc.sphinx_ext.sources import source_link

__all__ = ["FillRuleIndex", "RuleDirective", "RuleIndex", "refresh_index"]

ID = re.compile(r"[A-Z][A-Z0-9]*-[1-9][0-9]*")
#: How firm a rule is, and what the word means.
FIRM = {
    "guaranteed": "documented or asserted",
    "as implemented": "true today",
    "disputed": "maintainers have disagreed",
}


class rule_index(nodes.General, nodes.Element):  # noqa: N801 - docutils calls nodes like that
    """Where the list of all rules goes."""


class RuleDirective(SphinxDirective):
    """A rule with a permanent number."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = dict.fromkeys(
        ("title", "firm", "symbols", "shown-by", "since"), unchanged_required
    )

    def run(self) -> list[nodes.Node]:
        """Show the rule as a card."""
        problems = list(self._problems())
        for problem in problems:
            self._warn(problem)
        if problems:
            return []
        entry = RuleEntry(
            id=self.arguments[0],
            line=self.lineno,
            name=self.options["title"],
            firm=self.options["firm"],
            since=self.options.get("since", ""),
            shown_by=tuple(_words(self.options.get("shown-by", ""))),
        )
        GuideDomain.of(self.env).note("rule", self.env.docname, entry)
        return [self._card(entry)]

    def _problems(self) -> Iterator[str]:
        name = self.arguments[0]
        if not ID.fullmatch(name):
            yield f"{name!r} is no rule's id; expected such as DRAIN-3"
        if "title" not in self.options:
            yield f"rule {name} needs a `:title:`"
        if self.options.get("firm") not in FIRM:
            yield f"rule {name} needs `:firm:`, one of: {', '.join(FIRM)}"
        if not self.options.keys() & {"symbols", "shown-by"}:
            yield f"rule {name} needs `:shown-by:` (ids of steps) or `:symbols:`, or both"
        if "since" in self.options and not is_release(self.options["since"]):
            yield f"rule {name}: `:since:` is a release of QEMU, such as 10.1"
        if not self.content:
            yield f"rule {name} says nothing: which bug, commit or review needed it?"

    def _warn(self, message: str) -> None:
        warn(message, (self.env.docname, self.lineno), "rule")

    def _card(self, entry: RuleEntry) -> nodes.Node:
        title, messages = self.parse_inline(entry.name, lineno=self.lineno)
        label = [
            make("span", [nodes.Text(entry.id)], classes=["rule-id"]),
            nodes.Text(" "),
            make("span", title, classes=["guide-title"]),
        ]
        head = heading(label, entry.anchor, f"rule {entry.id}", cite(entry.id, entry.name))
        body = self.parse_content_to_nodes()
        facts = make("ul", list(self._facts(entry)), classes=["rule-facts"])
        return make(
            "div",
            [head, *messages, *body, facts],
            classes=["rule"],
            ids=[entry.anchor],
            role="note",
            aria_label=f"Rule {entry.id}",
        )

    def _facts(self, entry: RuleEntry) -> Iterator[nodes.Node]:
        yield _fact("Firmness", [nodes.Text(f"{entry.firm} ({FIRM[entry.firm]})")])
        if entry.since:
            yield _fact("Since", [nodes.Text(f"QEMU {entry.since}")])
        if entry.shown_by:
            page = self.env.docname
            links = [link("step", name, page) for name in entry.shown_by]
            for node in links:
                node["checked"] = True  # by check_guide(), when all steps are known
            yield _fact("Shown by", links)
        symbols = _words(self.options.get("symbols", ""))
        if symbols:
            sources = [source_link(self.env, name, self.lineno) for name in symbols]
            yield _fact("In the source", sources)


class RuleIndex(SphinxDirective):
    """The list of all rules."""

    def run(self) -> list[nodes.Node]:
        """Leave a place for it."""
        self.env.metadata[self.env.docname]["rule-index"] = "yes"
        return [rule_index()]


def refresh_index(_app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Name the pages to write again, because the list of rules has changed."""
    domain = GuideDomain.of(env)
    rules = tuple(domain.entries("rule"))
    if rules == domain.data["listed"]:
        return []
    domain.data["listed"] = rules
    return [page for page, known in env.metadata.items() if "rule-index" in known]


class FillRuleIndex(SphinxPostTransform):
    """Put the list where it goes, before links are resolved."""

    default_priority = 5

    def run(self, **_kwargs: object) -> None:
        """Replace each placeholder."""
        for place in list(self.document.findall(rule_index)):
            place.replace_self(_table(self.env))


def _table(env: BuildEnvironment) -> nodes.Node:
    rules = sorted(GuideDomain.of(env).entries("rule"), key=_number)
    items = []
    for _, entry in rules:
        name = make("span", [nodes.Text(entry.id)], classes=["rule-id"])
        firm = f" {entry.firm}" + (f", since QEMU {entry.since}" if entry.since else "")
        items.append(
            make(
                "li",
                [
                    link("rule", entry.id, env.docname, name),
                    nodes.Text(" "),
                    make(
                        "span",
                        [nodes.Text(entry.name.replace("`", ""))],
                        classes=["guide-title"],
                    ),
                    make("span", [nodes.Text(firm)], classes=["rule-firm"]),
                ],
            )
        )
    return make("ul", items, classes=["rule-index"])


def _number(found: tuple[str, RuleEntry]) -> tuple[str, int]:
    family, _, number = found[1].id.rpartition("-")
    return family, int(number)


def _fact(name: str, content: Iterable[nodes.Node]) -> nodes.Node:
    parts: list[nodes.Node] = [make("span", [nodes.Text(f"{name}: ")], classes=["fact"])]
    for number, node in enumerate(content):
        parts += [nodes.Text(", "), node] if number else [node]
    return make("li", parts)


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()
