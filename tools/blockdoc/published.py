# SPDX-License-Identifier: GPL-2.0-or-later
"""What was published, and where it is now: no id and no address of it ever dies.

::

    docs/_data/ids.json    "DRAIN-3": "docs/devel/block/drain#drain-3",
                           one id a line, with every address that it has had;
                           `blockdoc ids --update` writes it, and takes nothing out
    docs/_data/moved.txt   docs/devel/block/drain#drain-why docs/devel/block/drain#drain-reasons
                           docs/devel/block/old docs/devel/block/new
                           old address and new one; a page's line is for its anchors, too

An address is a page without suffix, and perhaps an anchor.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from blockdoc.errors import AuthorError, Place

__all__ = ["Gone", "IDS", "MOVED", "Published", "page_of"]

IDS: Final = "docs/_data/ids.json"
MOVED: Final = "docs/_data/moved.txt"


def page_of(address: str) -> str:
    """Return the page of an address."""
    return address.partition("#")[0]


@dataclass(frozen=True, slots=True)
class Gone:
    """What was published and leads nowhere, or a redirect that does not hold."""

    place: Place
    #: The id, or the page.
    id: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Published:
    """The inventory, and the redirects."""

    #: By id, each address that it has had.
    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: By old address, the new one.
    moved: Mapping[str, str] = field(default_factory=dict)
    #: By old address, the line of the redirect.
    lines: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path) -> "Published":
        """Read both files of the guide at `root`; either may be missing.

        :raise AuthorError: one is badly written.
        """
        moved, lines = {}, {}
        for number, line in enumerate(_text(root / MOVED).splitlines(), 1):
            words = line.partition("# ")[0].split() if not line.startswith("#") else []
            if not words:
                continue
            place = Place(MOVED, number)
            if len(words) != 2:  # noqa: PLR2004 - old and new
                raise AuthorError("expected two addresses: the old one and the new", place)
            if words[0] in moved:
                raise AuthorError(f"{words[0]} is there twice", place)
            moved[words[0]], lines[words[0]] = words[1], number
        try:
            ids = json.loads(_text(root / IDS) or "{}")
            known = {name: tuple(its.split()) for name, its in ids.items()}
        except (ValueError, AttributeError) as error:
            raise AuthorError(f"cannot be read: {error}", Place(IDS, 1)) from error
        return cls(known, moved, lines)

    def write(self, root: Path) -> None:
        """Write the inventory."""
        ids = {name: " ".join(self.ids[name]) for name in sorted(self.ids)}
        text = json.dumps(ids, indent=0, ensure_ascii=False)
        (root / IDS).write_text(f"{text}\n", encoding="utf-8")

    def with_new(self, current: Mapping[str, str]) -> "Published":
        """Return an inventory that has what is `current` as well."""
        ids = dict(self.ids)
        for name, address in current.items():
            if address not in (had := ids.get(name, ())):
                ids[name] = (*had, address)
        return Published(ids, self.moved, self.lines)

    @property
    def pages(self) -> set[str]:
        """Every page that was published."""
        return {page_of(it) for its in self.ids.values() for it in its}

    def now(self, address: str) -> str:
        """Follow the redirects from an address to where they end.

        :raise AuthorError: they lead in a circle.
        """
        seen: list[str] = []
        while (then := self._next(address)) is not None:
            if address in seen:
                first = next(it for it in (address, page_of(address)) if it in self.moved)
                place = Place(MOVED, self.lines[first])
                raise AuthorError("the redirect leads in a circle", place)
            seen.append(address)
            address = then
        return address

    def _next(self, address: str) -> str | None:
        if address in self.moved:
            return self.moved[address]
        page, _, anchor = address.partition("#")
        if page not in self.moved:
            return None
        target = self.moved[page]
        return target if "#" in target or not anchor else f"{target}#{anchor}"

    def gone(self, current: Mapping[str, str], pages: AbstractSet[str]) -> list[Gone]:
        """Hold what was published against what is there.

        :param current: the address of each id.
        :param pages: all pages there are.
        :raise AuthorError: redirects lead in a circle.
        """
        live = {*current.values(), *pages}
        return [
            *self._bad_redirects(live),
            *self._gone_pages(current, pages),
            *self._gone_anchors(current, live, pages),
        ]

    def _bad_redirects(self, live: AbstractSet[str]) -> Iterator[Gone]:
        for old in self.moved:
            place = Place(MOVED, self.lines[old])
            if old in live:
                yield Gone(place, old, f"{old} is there, so nothing may redirect it")
            elif (new := self.now(old)) not in live:
                near = get_close_matches(new, sorted(live), 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                yield Gone(place, old, f"{new}, to which this leads, is not there{hint}")

    def _gone_pages(
        self, current: Mapping[str, str], pages: AbstractSet[str]
    ) -> Iterator[Gone]:
        """Of a page that is gone, say so once, not once for each of its anchors."""
        for page in sorted(self.pages - pages - self.moved.keys()):
            its = [name for name, had in self.ids.items() if page_of(had[-1]) == page]
            found = Counter(page_of(current[it]) for it in its if it in current)
            best = found.most_common(1)
            near = (
                best[0][0]
                if best
                else next(iter(get_close_matches(page, sorted(pages), 1)), "")
            )
            there = (
                f"{best[0][1]} of them in {near}.md now" if best else "none of them anywhere"
            )
            message = (
                f"the page is gone, and {len(its)} published ids are of it, {there}; "
                f"{_advice(page, near or 'docs/index')}"
            )
            yield Gone(Place(f"{page}.md", 1), page, message)

    def _gone_anchors(
        self, current: Mapping[str, str], live: AbstractSet[str], pages: AbstractSet[str]
    ) -> Iterator[Gone]:
        for name, had in self.ids.items():
            here = current.get(name)
            for address in had:
                if address == here:
                    continue
                now = self.now(address)
                page = page_of(now)
                if (now in live if here is None else now == here) or page not in pages:
                    continue  # or its page is told of already
                old = Place(f"{page}.md", 1)
                if here is not None:
                    message = f"{name} was published at {now}, and is now at {here}"
                    yield Gone(old, name, f"{message}; {_advice(now, here)}")
                else:
                    message = f"{name} was published, and its anchor is gone"
                    yield Gone(
                        old, name, f"{message}; {_advice(now, self._heir(now, current))}"
                    )

    def _heir(self, address: str, current: Mapping[str, str]) -> str:
        """Guess what has taken the place of an anchor: what is new beside it, or its page."""
        page, _, anchor = address.partition("#")
        new = {
            it.partition("#")[2]: it
            for name, it in current.items()
            if name not in self.ids and page_of(it) == page
        }
        near = get_close_matches(anchor, new, 1, 0.3)
        return new[near[0]] if near else page


def _advice(old: str, new: str) -> str:
    what = f"put it back, or add this line to {MOVED}, which ends with where it went"
    return f"{what}: {old} {new}"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
