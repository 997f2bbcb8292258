# SPDX-License-Identifier: GPL-2.0-or-later
"""Find what a page cites of QEMU's sources.

::

    {src}`bdrv_drained_begin`             a symbol
    {src}`block/io.c:bdrv_drained_begin`  the one in that file
    {src}`block/io.c`                     a file
    :symbols: JobSTT, block/io.c          of a rule: any of these

The tokens are MyST's, as for the examples; a directive's body is read as a page,
except where it only shows text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from docutils.parsers.rst import Directive, directives
from markdown_it.token import Token
from myst_parser.parsers.directives import parse_directive_text

from blockdoc.errors import Place
from blockdoc.example.fences import LITERAL, tokens

__all__ = ["Citation", "cited"]

_TITLED = re.compile(r".+?\s*<(?P<name>[^<>]+)>", re.DOTALL)


@dataclass(frozen=True, slots=True, order=True)
class Citation:
    """A name of QEMU's sources, and where the guide cites it."""

    #: A symbol, a file, or `file:symbol`.
    name: str
    path: str
    line: int

    @property
    def place(self) -> Place:
        """Where it stands, as errors say it."""
        return Place(self.path, self.line)


class _AnyDirective(Directive):
    """Any directive: of its options, the one that cites."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec = {"symbols": directives.unchanged}  # noqa: RUF012 - docutils' own type


def cited(text: str, path: str, first: int = 1) -> Iterator[Citation]:
    """Yield what the page `text` cites; its first line is line `first`."""
    line = first
    for token in tokens(text, inline=True):
        line = first + token.map[0] if token.map else line
        if token.type == "inline":
            yield from _roles(token, path, line)
        elif token.type in {"fence", "colon_fence"}:
            yield from _fence(token, path, line)


def _roles(token: Token, path: str, line: int) -> Iterator[Citation]:
    for child in token.children or ():
        if child.type == "myst_role" and child.meta["name"] == "src":
            titled = _TITLED.fullmatch(child.content)
            yield Citation((titled["name"] if titled else child.content).strip(), path, line)
        line += child.type in {"softbreak", "hardbreak"} or child.content.count("\n")


def _fence(token: Token, path: str, line: int) -> Iterator[Citation]:
    name, _, argument = token.info.strip().partition(" ")
    if not name.startswith("{") or name.startswith((*LITERAL, "{qmp-example", "{mermaid")):
        return
    parsed = parse_directive_text(_AnyDirective, argument, token.content, line=line)
    for symbol in str(parsed.options.get("symbols", "")).split(","):
        if symbol.strip():
            yield Citation(symbol.strip(), path, line)
    yield from cited("\n".join(parsed.body), path, line + 1 + parsed.body_offset)
