# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks that a page lists all values of an enumeration where it claims to.

A comment before a table, a list or a state diagram makes the claim::

    <!-- all: JobStatus -->                          a list: the first word of each item
    <!-- all: JobVerb in rows -->                    a table: the first cell of each row
    <!-- all: JobStatus in columns except null -->   a table: its head, without the corner
    <!-- all: JobStatus -->                          a diagram: what its arrows lead to

A cell may hold several, with commas between; backticks do not count.  What the page has
and the enumeration has not is a mistake, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import dropwhile
from typing import TYPE_CHECKING

from blockdoc.errors import Place
from blockdoc.example.fences import tokens
from blockdoc.lint.finding import Finding, Kind
from blockdoc.lint.values import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from markdown_it.token import Token

__all__ = ["check_lists"]

_CLAIM = re.compile(
    r"<!--\s*all:\s*(?P<enum>\w+)(?:\s+in\s+(?P<where>columns|rows))?"
    r"(?:\s+except\s+(?P<except>[\w, -]+?))?\s*-->"
)
_ANY = re.compile(r"<!--\s*all:.*?-->")
_ARROW = re.compile(r"^\s*(\S+)\s*-->\s*(\S+)", re.MULTILINE)
_FORM = "expected `<!-- all: NAME [in rows|columns] [except NAME, NAME] -->`"


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a comment claims of what follows it."""

    place: Place
    enum: str
    where: str
    but: frozenset[str]

    def finding(self, message: str, line: int | None = None) -> Finding:
        """Make a finding, at the comment if nowhere else."""
        return Finding(Place(self.place.path, line or self.place.line), Kind.LIST, message)


def check_lists(
    text: str, path: str, values_of: Callable[[str], Sequence[str]]
) -> Iterator[Finding]:
    """Hold the lists of a page against enumerations, which `values_of` looks up by name."""
    stream = tokens(text, inline=True)
    for number, token in enumerate(stream):
        for comment in _ANY.finditer(token.content) if token.type == "html_block" else ():
            above = token.content.count("\n", 0, comment.start())
            place = Place(path, (token.map or [0])[0] + 1 + above)
            found = _CLAIM.fullmatch(comment[0])
            if found is None:
                yield Finding(place, Kind.SYNTAX, f"cannot read `{comment[0]}`; {_FORM}")
                continue
            but = frozenset((found["except"] or "").replace(",", " ").split())
            claim = _Claim(place, found["enum"], found["where"] or "", but)
            behind = dropwhile(lambda it: it.type == "html_block", stream[number:])
            yield from _check(claim, list(behind), values_of)


def _check(
    claim: _Claim, stream: Sequence[Token], values_of: Callable[[str], Sequence[str]]
) -> Iterator[Finding]:
    has = {*values_of(claim.enum)}
    listed = _listed(claim, stream)
    if not has:
        yield claim.finding(f"no release has an enumeration {claim.enum}")
    elif listed is None:
        yield claim.finding("no table, list or state diagram follows this comment")
    else:
        for name in sorted(has - claim.but - listed.keys()):
            yield claim.finding(f"{claim.enum} has {name}, which is not listed")
        for name in sorted(claim.but - has):
            yield claim.finding(f"{name} is excepted, but {claim.enum} has no such value")
        for name, line in listed.items():
            if name in claim.but:
                yield claim.finding(f"{name} is excepted, but listed", line)
            elif name not in has:
                advice = suggest(name, has)
                message = f"{name} is listed, but {claim.enum} has no such value; {advice}"
                yield claim.finding(message, line)


def _listed(claim: _Claim, stream: Sequence[Token]) -> Mapping[str, int] | None:
    """Return the names in the block that follows, and the line of each."""
    if not stream:
        return None
    first = stream[0]
    if first.type == "fence" and first.map:
        return _diagram(first.content, first.map[0] + 2)
    if first.type == "table_open":
        return _table(stream, in_rows=claim.where != "columns")
    if first.type in {"bullet_list_open", "ordered_list_open"}:
        return _items(stream)
    return None


def _diagram(content: str, line: int) -> dict[str, int]:
    names: dict[str, int] = {}
    for found in _ARROW.finditer(content):
        here = line + content.count("\n", 0, found.start(1))
        for name in found.groups():
            if name != "[*]":
                names.setdefault(name, here)
    return names


def _table(stream: Sequence[Token], *, in_rows: bool) -> dict[str, int]:
    """Return the cells of the head, or the first cell of each row."""
    names: dict[str, int] = {}
    column, head, line = 0, True, 0
    for token in stream:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            column, line = -1, (token.map or [0])[0] + 1
        elif token.type == "tbody_open":
            head = False
        elif token.type in {"th_open", "td_open"}:
            column += 1
        elif token.type == "inline":
            wanted = not head and column == 0 if in_rows else head and column > 0
            if wanted:
                names |= dict.fromkeys(_split(token.content), line)
    return names


def _items(stream: Sequence[Token]) -> dict[str, int]:
    """Return the first word of each item of the list."""
    names: dict[str, int] = {}
    closing = stream[0].type.replace("open", "close")
    item = ["list_item_open", "paragraph_open", "inline"]
    for number, token in enumerate(stream):
        if token.type == closing and token.level == stream[0].level:
            break
        kinds = [it.type for it in stream[number : number + 3]]
        if kinds == item and token.level == stream[0].level + 1:
            word = re.split(r"[\s:,]", stream[number + 2].content, maxsplit=1)[0]
            names[word.strip("`*")] = (token.map or [0])[0] + 1
    return names


def _split(cell: str) -> list[str]:
    return [word.strip().strip("`") for word in cell.split(",") if word.strip()]
