# SPDX-License-Identifier: GPL-2.0-or-later
"""What the site knows of all its pages: steps, rules, answers, what chapters show.

Each table is ``{page: entries}``, so that a page that is read again replaces its own
entries, and what parallel readers found is put together by a plain update.
Repeated ids are reported when everything is known (:mod:`.checks`).
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.builders import Builder
from sphinx.domains import Domain, ObjType
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

from blockdoc.coverage import Fence

__all__ = ["Entry", "GuideDomain", "PassageEntry", "RuleEntry"]

#: What is kept by page.
TABLES = ("step", "rule", "answers", "shown", "passage")


@dataclass(frozen=True, slots=True)
class Entry:
    """A step where it is shown as itself: on its example's page."""

    id: str
    line: int
    #: Condition of an alternative, as written; None without one.
    when: str | None = None

    @property
    def anchor(self) -> str:
        """Return the HTML id."""
        return self.id

    @property
    def title(self) -> str:
        """Say what it is, in a tool tip."""
        return f"step {self.id}"

    @property
    def label(self) -> str:
        """What a link from elsewhere calls it."""
        return self.id


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """A rule where it stands."""

    id: str
    line: int
    name: str
    firm: str
    since: str
    shown_by: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """Return the HTML id."""
        return self.id.lower()

    @property
    def title(self) -> str:
        """Say what it is, in a tool tip."""
        return self.name

    @property
    def label(self) -> str:
        """What a link from elsewhere calls it."""
        return f"{self.id}: {self.name.replace('`', '')}"


@dataclass(frozen=True, slots=True)
class PassageEntry:
    """A place that the search finds, with its text."""

    #: `section`, `rule`, `step`, `word`, `message`.
    kind: str
    #: The HTML id.
    anchor: str
    title: str
    text: str


class GuideDomain(Domain):
    """Steps and rules, and links to them."""

    name = "guide"
    label = "Guide"
    object_types: ClassVar = {"step": ObjType("step", "step"), "rule": ObjType("rule", "rule")}
    initial_data: ClassVar = {
        "step": {},
        "rule": {},
        "answers": {},
        "shown": {},
        "passage": {},
        "listed": (),
        "listed-errors": (),
        "moved": {},
    }
    data_version = 4
    dangling_warnings: ClassVar = {
        "step": "unknown step %(target)s: no example has a fence with this id",
        "rule": "unknown rule %(target)s: no page has it; docs/rules.md lists those there are",
    }

    @classmethod
    def of(cls, env: BuildEnvironment) -> "GuideDomain":
        """Return the domain of `env`."""
        domain = env.get_domain(cls.name)
        assert isinstance(domain, cls)  # noqa: S101 - it is the one that setup() adds
        return domain

    def note(
        self, kind: str, page: str, entry: Entry | RuleEntry | PassageEntry | Fence | str
    ) -> None:
        """Remember an entry of `page`; of kind ``shown``, a step that a chapter shows."""
        self.data[kind].setdefault(page, []).append(entry)

    def on(self, kind: str, page: str) -> list[Any]:
        """Return the entries of one page."""
        return list(self.data[kind].get(page, ()))

    def entries(self, kind: str) -> Iterator[tuple[str, Any]]:
        """Yield page and entry, page by page, in their order on it."""
        for page, entries in sorted(self.data[kind].items()):
            yield from ((page, entry) for entry in entries)

    def find(self, kind: str, name: str) -> tuple[str, Any] | None:
        """Find page and entry by id."""
        return next((found for found in self.entries(kind) if found[1].id == name), None)

    def clear_doc(self, docname: str) -> None:
        """Forget a page that is read again, or is gone."""
        for kind in TABLES:
            self.data[kind].pop(docname, None)

    def merge_domaindata(self, docnames: AbstractSet[str], otherdata: dict[str, Any]) -> None:
        """Take what another reader found on `docnames`."""
        for kind in TABLES:
            found = otherdata[kind].items()
            self.data[kind].update((page, it) for page, it in found if page in docnames)

    def resolve_xref(  # noqa: PLR0913, PLR0917 - Sphinx's signature
        self,
        env: BuildEnvironment,  # noqa: ARG002
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> nodes.reference | None:
        """Link to a step or a rule; what is checked elsewhere may be missing."""
        found = self.find(typ, target)
        if found is None:
            # No link, but not a dangling one either: Sphinx takes any element.
            return cast("nodes.reference", contnode) if "checked" in node else None
        page, entry = found
        return make_refnode(builder, fromdocname, page, entry.anchor, [contnode], entry.title)

    def resolve_any_xref(  # noqa: PLR0913, PLR0917 - Sphinx's signature
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> list[tuple[str, nodes.reference]]:
        """Link to whatever has this id, unless it is a label as well (:mod:`.permanent`)."""
        if target in env.domains.standard_domain.labels:
            return []
        links = []
        for typ in self.object_types:
            link = self.resolve_xref(env, fromdocname, builder, typ, target, node, contnode)
            links += [(f"guide:{typ}", link)] if link is not None else []
        return links

    def get_objects(self) -> Iterable[tuple[str, str, str, str, str, int]]:
        """List everything for search and for other sites."""
        for kind in self.object_types:
            seen = set()
            for page, entry in self.entries(kind):
                if entry.id not in seen:
                    yield entry.id, entry.id, kind, page, entry.anchor, 1
                seen.add(entry.id)
