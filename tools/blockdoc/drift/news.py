# SPDX-License-Identifier: GPL-2.0-or-later
"""What of the block layer's QMP is new in a tree, or gone, and what the guide says of it.

Commands, events, and the values of enumerations (drivers, job types, states, verbs,
permissions …) of the modules that the schema's records are made of.  What is new is
undocumented if no page has the word; what is gone is wrong wherever a page has it.
Lists that claim to be complete are held against the tree, too.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from blockdoc.errors import Place
from blockdoc.lint.lists import check_lists
from blockdoc.schema.modules import BLOCK_LAYER, read_modules
from blockdoc.source.qapi import read_enums, read_qapi
from blockdoc.units import Unit

__all__ = ["News", "Surface", "find_news", "read_surface", "recorded_surface"]

_WORD = re.compile(r"[A-Za-z][\w-]*")


@dataclass(frozen=True, slots=True)
class Surface:
    """What a tree's schema has: `(kind, name)`, where the kind of a value is its enum."""

    entries: frozenset[tuple[str, str]]
    enums: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class News:
    """An addition that no page speaks of, a removal that one does, or a list's mistake."""

    #: `new`, `gone` or `list`.
    kind: str
    message: str
    #: Where a page is wrong; None for what no page has.
    place: Place | None = None
    #: What was added or removed.
    name: str = ""
    #: The id of the section or the rule that is wrong.
    unit: str = ""


def read_surface(root: Path) -> Surface:
    """Read the modules of the block layer in a tree."""
    entries: set[tuple[str, str]] = set()
    enums: dict[str, tuple[str, ...]] = {}
    for module in BLOCK_LAYER:
        path = root / "qapi" / f"{module}.json"
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            named = ((it.kind, it.name) for it in read_qapi(text))
            entries |= {it for it in named if it[0] in {"command", "event"} and _qmp(it[1])}
            enums |= read_enums(text)
    entries |= {(enum, value) for enum, values in enums.items() for value in values}
    return Surface(frozenset(entries), enums)


def recorded_surface(root: Path) -> Surface:
    """Return what docs/_data/schema has of the newest release, where no tree is at hand."""
    modules = read_modules(root)
    entries = {("command", name) for name in modules.commands}
    entries |= {("event", name) for name in modules.events}
    entries |= {(enum, value) for enum, values in modules.enums.items() for value in values}
    return Surface(frozenset(entries), modules.enums)


def _qmp(name: str) -> bool:
    """Say whether it is a name of QMP, and not what C makes of one."""
    return not name.startswith(("qmp_", "qapi_event_send_"))


def find_news(
    pages: Mapping[str, str], units: Sequence[Unit], old: Surface, new: Surface
) -> list[News]:
    """Hold the pages (text by path), which have these units, against what has come and gone."""
    words = {word for text in pages.values() for word in _WORD.findall(text)}
    found = [
        News("new", f"{_what(kind, name)}: no page speaks of it", name=name)
        for kind, name in sorted(new.entries - old.entries)
        if name not in words
    ]
    wrong = (*_wrong_lists(pages, new), *_gone(pages, old, new))
    return [*(replace(it, unit=_unit(units, it.place)) for it in wrong), *found]


def _unit(units: Sequence[Unit], place: Place | None) -> str:
    """Name the innermost unit that a line is in: a rule rather than its section."""
    its = [
        it for it in units if place and it.path == place.path and it.line <= place.line < it.end
    ]
    return its[-1].id if its else ""


def _wrong_lists(pages: Mapping[str, str], new: Surface) -> Iterator[News]:
    for path, text in pages.items():
        if "<!-- all:" in text:
            for finding in check_lists(text, path, lambda enum: new.enums.get(enum, ())):
                if "no release has" not in finding.message:
                    yield News("list", finding.message, finding.place)


def _gone(pages: Mapping[str, str], old: Surface, new: Surface) -> Iterator[News]:
    """Find the pages that speak of a removed thing; a name that lives on elsewhere is none."""
    living = {name for _, name in new.entries}
    for kind, name in sorted(old.entries - new.entries):
        message = f"{_what(kind, name)} is gone"
        for place in _places(pages, name) if name not in living and "-" in name else ():
            yield News("gone", message, place, name)


def _places(pages: Mapping[str, str], name: str) -> Iterable[Place]:
    word = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    for path, text in pages.items():
        if found := word.search(text):
            yield Place(path, 1 + text.count("\n", 0, found.start()))


def _what(kind: str, name: str) -> str:
    return f"{kind} {name}" if kind in {"command", "event"} else f"{name} of {kind}"
