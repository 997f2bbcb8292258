# SPDX-License-Identifier: GPL-2.0-or-later
"""The guide as its readers cite it: sections and rules, with what each names of QEMU.

::

    (drain-why)=          a section, from its target to the next one
    ## Why                {src}`bdrv_drained_begin` in it is a name of it
    ```{rule} DRAIN-3     a rule of its own, with its :symbols: and what its body names

A page without targets is one section, whose id is its path.
"""

import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from docutils.parsers.rst import Directive, directives
from markdown_it.token import Token
from myst_parser.parsers.directives import parse_directive_text

from blockdoc.errors import AuthorError, Place
from blockdoc.example.fences import tokens
from blockdoc.source import cited

__all__ = ["Unit", "find_unit", "read_guide", "read_page"]

PAGES = ("docs", "examples")
_REVIEWED = re.compile(r"\A---\n(?:.*\n)*?reviewed:[ ]*(?P<release>[\d.]+)[ ]*\n", re.MULTILINE)
_CODE = re.compile(r"`([A-Za-z_]\w{3,})(?:\(\))?`")
_COMMIT = re.compile(r"\{commit\}`([0-9a-f]{7,40})`")


@dataclass(frozen=True, slots=True)
class Unit:
    """A section or a rule: the least that can be cited."""

    id: str
    #: `rule` or `section`.
    kind: str
    title: str
    path: str
    #: First line, and the one behind the last.
    line: int
    end: int
    #: The release that it was reviewed for; empty if nobody has said.
    reviewed: str
    #: What it names by `{src}` or `:symbols:`.
    names: tuple[str, ...]
    #: What it only writes as code.
    mentioned: tuple[str, ...]
    #: Steps that show it.
    shown_by: tuple[str, ...]
    text: str

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.path, self.line)

    @property
    def anchor(self) -> str:
        """Its id in HTML; a page as a whole has none."""
        return "" if self.id == self.path else self.id.lower()

    @property
    def short(self) -> str:
        """The id that it is cited by; an example has its page's, others may have none."""
        if self.anchor:
            return self.id
        example = self.path.startswith("examples/")
        return self.path.removeprefix("examples/").removesuffix(".md") if example else ""

    @property
    def commits(self) -> tuple[str, ...]:
        """The commits of QEMU that it links."""
        return tuple(_COMMIT.findall(self.text))


class _Rule(Directive):
    """A rule, as far as it matters here."""

    required_arguments = 1
    has_content = True
    option_spec = dict.fromkeys(
        ("title", "firm", "symbols", "shown-by", "since"), directives.unchanged
    )


def read_guide(root: Path) -> list[Unit]:
    """Read all sections and rules of the guide at `root`."""
    return [
        unit
        for directory in PAGES
        for path in sorted((root / directory).rglob("*.md"))
        for unit in read_page(
            path.read_text(encoding="utf-8"), path.relative_to(root).as_posix()
        )
    ]


def read_page(text: str, path: str) -> list[Unit]:
    """Read a page: its sections, then its rules.

    :param text: its Markdown.
    :param path: where it is, relative to the root: places and ids are made of it.
    """
    found = _REVIEWED.match(text)
    reviewed = found["release"] if found else ""
    stream = tokens(text, inline=True)
    lines = text.split("\n")
    rules = list(_rules(stream, path, reviewed, lines))
    sections = _sections(stream, path, reviewed, lines, rules)
    names: list[list[str]] = [[] for _ in (*sections, *rules)]
    starts = [section.line for section in sections]
    for citation in cited(text, path):
        owners = [n for n, rule in enumerate(rules) if rule.line <= citation.line < rule.end]
        owner = len(sections) + owners[0] if owners else bisect(starts, citation.line) - 1
        names[owner].append(citation.name)
    return [
        replace(unit, names=tuple(dict.fromkeys(its)), mentioned=_code(unit.text, its))
        for unit, its in zip((*sections, *rules), names, strict=True)
    ]


def find_unit(units: Sequence[Unit], name: str) -> Unit:
    """Find a rule or a section by id, or by anchor.

    :raise AuthorError: there is none.
    """
    for unit in units:
        if name in {unit.id, unit.anchor}:
            return unit
    near = [unit.id for unit in units if unit.id.lower().startswith(name.lower()[:4])]
    hint = f"; there are {', '.join(near[:5])}" if near else ""
    raise AuthorError(f"no rule and no section is called {name!r}{hint}")


def _code(text: str, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(it for it in _CODE.findall(text) if it not in names))


def _rules(
    stream: Sequence[Token], path: str, reviewed: str, lines: Sequence[str]
) -> Iterator[Unit]:
    for token in stream:
        name, _, argument = token.info.strip().partition(" ")
        if token.type not in {"fence", "colon_fence"} or name != "{rule}" or not token.map:
            continue
        options = parse_directive_text(_Rule, argument, token.content).options
        first, behind = token.map[0] + 1, token.map[1] + 1
        yield Unit(
            id=argument.strip(),
            kind="rule",
            title=str(options.get("title", "")).replace("`", ""),
            path=path,
            line=first,
            end=behind,
            reviewed=reviewed,
            names=(),
            mentioned=(),
            shown_by=tuple(str(options.get("shown-by", "")).replace(",", " ").split()),
            text="\n".join(lines[first - 1 : behind - 1]),
        )


def _sections(
    stream: Sequence[Token], path: str, reviewed: str, lines: Sequence[str], rules: list[Unit]
) -> list[Unit]:
    """Cut a page at the headings that have a target; rules are left out of their texts."""
    heads = [(1, path, path)]
    target = ""
    for token, behind in pairwise(stream):
        if token.type == "myst_target":
            target = token.content
        elif token.type == "heading_open" and token.map:
            if len(heads) == 1 and heads[0][2] == path:
                heads[0] = (1, path, behind.content)
            if target:
                page, title = heads[0][2], behind.content
                title = title if title == page else f"{page}: {title}"
                heads.append((token.map[0] + 1, target, title))
            target = ""
    inside = {line for rule in rules for line in range(rule.line, rule.end)}
    ends = [line for line, *_ in heads[1:]] + [len(lines) + 1]
    return [
        Unit(
            id=name,
            kind="section",
            title=title.replace("`", ""),
            path=path,
            line=line,
            end=end,
            reviewed=reviewed,
            names=(),
            mentioned=(),
            shown_by=(),
            text="\n".join(lines[n - 1] for n in range(line, end) if n not in inside),
        )
        for (line, name, title), end in zip(heads, ends, strict=True)
    ]
