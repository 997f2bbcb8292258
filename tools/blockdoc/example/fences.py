# SPDX-License-Identifier: GPL-2.0-or-later
"""Find the fences of a page that are steps, as MyST finds them.

The tokens are MyST's own, and so is the parser of directive options: what is
run is what the site shows.  A fence inside a fence that only displays Markdown is
text, and is not found; a step inside another directive is refused, because it
would be shown but its place in the file could not be told for sure.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from docutils.parsers.rst import Directive
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.directives import parse_directive_text
from myst_parser.parsers.mdit import create_md_parser

from blockdoc.errors import AuthorError, Place
from blockdoc.example.model import Fence, StepKind
from blockdoc.example.options import (
    ConsoleFence,
    GdbFence,
    GraphFence,
    HmpFence,
    QmpFence,
    TraceFence,
)
from blockdoc.transcript import Condition

__all__ = ["DIRECTIVES", "UNREADABLE", "Lines", "RawStep", "find_steps", "identifier", "tokens"]

#: What a reader of pages raises where it has a bug, or the page is nested too deep.
UNREADABLE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
#: What opens a fence, and what the fence is.
DIRECTIVES: dict[str, tuple[StepKind, type[Directive]]] = {
    "{qmp-example}": ("qmp", QmpFence),
    "{console-example}": ("console", ConsoleFence),
    "{hmp-example}": ("hmp", HmpFence),
    "{trace-example}": ("trace", TraceFence),
    "{gdb-example}": ("gdb", GdbFence),
    "mermaid": ("graph", GraphFence),
    "{mermaid}": ("graph", GraphFence),
}
#: No page has directives in directives deeper than this; each level is parsed anew.
DEEPEST = 10
#: Directives whose body is shown as it is: a fence in there is no step.
LITERAL = ("{code", "{literal", "{parsed-literal", "{raw", "{math", "{rst", "{eval-rst")


@dataclass(frozen=True, slots=True)
class RawStep:
    """A fence that is a step or an alternative of one."""

    id: str
    kind: StepKind
    fence: Fence


class Lines:
    """The lines of a page, and the offset of each."""

    def __init__(self, text: str) -> None:
        self.texts = text.splitlines(keepends=True)
        self.starts = list(accumulate(map(len, self.texts), initial=0))


@functools.cache
def _parser(*, inline: bool) -> MarkdownIt:
    """Return the site's parser."""
    config = MdParserConfig(enable_extensions={"colon_fence"})
    make: Callable[..., RendererHTML] = RendererHTML
    parser = create_md_parser(config, make)
    return parser if inline else parser.disable("inline")


def tokens(text: str, *, inline: bool = False) -> list[Token]:
    """Return the page's tokens, as the site's parser sees them.

    `inline`: also those inside of lines, which takes half as long again.
    """
    return list(_parser(inline=inline).parse(text))


def find_steps(
    text: str, path: str, blocks: Sequence[Token], depth: int = 1
) -> Iterator[RawStep]:
    """Yield the steps of the page `text`, whose tokens are `blocks`, in order.

    :raise AuthorError: a step is badly written; with its line.
    """
    lines = Lines(text)
    for token in blocks:
        if token.type not in {"fence", "colon_fence"} or token.map is None:
            continue
        name, _, first = token.info.strip().partition(" ")
        place = Place(path, token.map[0] + 1)
        if name not in DIRECTIVES:
            _refuse_nested(name, token.content, place, depth)
            continue
        step = _read_step(name, first, token, place, lines)
        if step is not None:
            yield step


def _read_step(
    name: str, first: str, token: Token, place: Place, lines: Lines
) -> RawStep | None:
    kind, directive = DIRECTIVES[name]
    parsed = parse_directive_text(directive, "", token.content, line=place.line)
    options = {key: str(value or "") for key, value in parsed.options.items()}
    if kind == "graph" and "id" not in options:
        return None
    opened, after = token.map or (0, 0)
    if token.level or not lines.texts[opened].startswith(token.markup):
        raise AuthorError(
            "a step stands at the left margin, outside of lists and quotes", place
        )
    for warning in parsed.warnings:
        where = Place(place.path, warning.lineno or place.line)
        raise AuthorError(warning.msg, where)
    if first.strip():
        raise AuthorError(
            f"unexpected {first.strip()!r} behind {name}; use options, such as :id:", place
        )
    if "id" not in options:
        raise AuthorError(
            "a step needs an id of its own, such as `:id: commit-active-start`", place
        )
    if after - opened == 1 or not _closes(lines.texts[after - 1], token.markup):
        message = f"this fence is not closed; end it with a line {token.markup}"
        raise AuthorError(message, place)
    body = min(opened + 1 + parsed.body_offset, after - 1)
    when = options.get("when")
    fence = Fence(
        place=place,
        body=Place(place.path, body + 1),
        start=lines.starts[body],
        end=lines.starts[after - 1],
        text="".join(token.content.splitlines(keepends=True)[body - opened - 1 :]),
        when=Condition.parse(when, place) if when is not None else None,
        options=options,
    )
    return RawStep(identifier(options["id"], place), kind, fence)


def _closes(line: str, markup: str) -> bool:
    """Say whether `line` ends a fence that `markup` began."""
    marks = line.strip()
    return len(marks) >= len(markup) and not marks.strip(markup[0])


def identifier(text: str, place: Place) -> str:
    """Return the id of a step.

    :raise AuthorError: it has not the form of one.
    """
    words = text.split("-")
    if not all(word.isascii() and word.isalnum() and word == word.lower() for word in words):
        message = (
            f"id {text!r}: expected lower-case words joined by -, such as commit-active-start"
        )
        raise AuthorError(message, place)
    return text


def _refuse_nested(name: str, content: str, place: Place, depth: int) -> None:
    if not name.startswith("{") or name.startswith(LITERAL):
        return
    if depth == DEEPEST:
        message = f"directives are nested more than {DEEPEST} deep; take some apart"
        raise AuthorError(message, place)
    try:
        steps = list(find_steps(content, place.path, tokens(content), depth + 1))
    except AuthorError as error:  # it counts lines from the first of the content
        line = place.line + (error.place.line if error.place else 0)
        raise AuthorError(error.message, Place(place.path, line)) from error
    for step in steps:
        line = place.line + step.fence.place.line
        message = f"step {step.id} stands inside {name}; put it at the left margin"
        raise AuthorError(message, Place(place.path, line))
