# SPDX-License-Identifier: GPL-2.0-or-later
"""A transcript as HTML: one ``<pre>``, each message in a span of its kind.

The text of the element is the author's, to the letter: what is selected and copied is
a transcript again.
"""

from collections.abc import Iterator, Sequence
from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter

from blockdoc.errors import AuthorError, Place
from blockdoc.sphinx_ext.lexer import QmpLexer
from blockdoc.sphinx_ext.report import warn_error
from blockdoc.transcript import parse_transcript

__all__ = ["transcripts_html"]

LEXER = QmpLexer(stripnl=False, ensurenl=False)
FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True)

#: A piece of the text: what kind of message it is (empty: between messages), and the text.
Piece = tuple[str, str]


def transcripts_html(texts: Sequence[tuple[str, Place]]) -> list[str]:
    """Show the alternatives of a step; messages that not all of them have are marked."""
    pieces = [list(_pieces(text, place)) for text, place in texts]
    common = set.intersection(*({text.strip() for _, text in it} for it in pieces))
    return [_block(it, common) for it in pieces]


def _pieces(text: str, place: Place) -> Iterator[Piece]:
    """Cut `text` into its messages; warn where it does not parse."""
    end = 0
    try:
        items = parse_transcript(text, place).items
    except AuthorError as error:
        warn_error(error, str(place), "transcript")
        items = ()
    for item in items:
        yield "", text[end : item.start]
        # A message is a block of its own, so the line break behind it is part of it.
        end = item.end + text.startswith("\n", item.end)
        yield type(item).__name__.lower(), text[item.start : end]
    yield "", text[end:]


def _block(pieces: Sequence[Piece], common: set[str]) -> str:
    body = "".join(_span(kind, text, text.strip() in common) for kind, text in pieces)
    return (
        '<div class="highlight-qmp notranslate"><div class="highlight">'
        f'<pre tabindex="0">{body}</pre></div></div>\n'
    )


def _span(kind: str, text: str, common: bool) -> str:  # noqa: FBT001
    if not kind:
        return escape(text)
    classes = f"qmp-{kind}" if common else f"qmp-{kind} differs"
    html = highlight(text, LEXER, FORMATTER)
    return f'<span class="{classes}">{html}</span>'
