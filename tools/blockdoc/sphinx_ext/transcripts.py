# SPDX-License-Identifier: GPL-2.0-or-later
"""A transcript as HTML: one ``<pre>``, each message in a span of its kind.

The text of the element is the author's, to the letter: what is selected and copied is
a transcript again.  Where it has alternatives, the parts that another one does not have
are in ``<mark>``: a member, an element, or a whole message.
"""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import chain

from pygments import highlight
from pygments.formatters import HtmlFormatter

from blockdoc.errors import AuthorError, Place
from blockdoc.sphinx_ext.lexer import QmpLexer
from blockdoc.sphinx_ext.report import warn_error
from blockdoc.transcript import Source, Span, Transcript, contrast, parse_transcript

__all__ = ["transcripts_html"]

LEXER = QmpLexer(stripnl=False, ensurenl=False)
FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


def transcripts_html(texts: Sequence[tuple[str, Place]]) -> list[str]:
    """Show the alternatives of a step, with what differs between them marked."""
    transcripts = [_parse(text, place) for text, place in texts]
    return [_block(it, _differing(it, transcripts)) for it in transcripts]


def _parse(text: str, place: Place) -> Transcript:
    """Parse `text`; warn where it does not parse, and take it for one without messages."""
    try:
        return parse_transcript(text, place)
    except AuthorError as error:
        warn_error(error, str(place), "transcript")
        return Transcript(Source(text, place), ())


def _differing(one: Transcript, transcripts: Sequence[Transcript]) -> list[Span]:
    """Return the parts of `one` that some other has not; none of them within another."""
    others = (other for other in transcripts if other is not one)
    spans = {span for other in others for span in contrast(one, other)[0]}
    outer: list[Span] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not outer or start >= outer[-1][1]:
            outer.append((start, end))
    return outer


def _block(transcript: Transcript, marked: Sequence[Span]) -> str:
    body = "".join(_pieces(transcript, marked))
    return (
        '<div class="highlight-qmp notranslate"><div class="highlight">'
        f'<pre tabindex="0">{body}</pre></div></div>\n'
    )


def _pieces(transcript: Transcript, marked: Sequence[Span]) -> Iterator[str]:
    text, end = transcript.source.text, 0
    for item in transcript.items:
        yield escape(text[end : item.start])
        # A message is a block of its own, so the line break behind it is part of it.
        end = item.end + text.startswith("\n", item.end)
        inside = [span for span in marked if item.start <= span[0] < item.end]
        html = "".join(_message(text, (item.start, end), inside))
        yield f'<span class="qmp-{type(item).__name__.lower()}">{html}</span>'
    yield escape(text[end:])


def _message(text: str, whole: Span, marked: Sequence[Span]) -> Iterator[str]:
    """Yield a message in colours, in and between the marks; a token never has a mark's end."""
    position, end = whole
    for start, stop in chain.from_iterable(_lines(text, span) for span in marked):
        yield _coloured(text[position:start])
        yield f'<mark class="differs">{_coloured(text[start:stop])}</mark>'
        position = stop
    yield _coloured(text[position:end])


def _lines(text: str, span: Span) -> Iterator[Span]:
    """Cut a part into its lines, without their indentation."""
    start = span[0]
    for line in text[slice(*span)].splitlines(keepends=True):
        if line.strip():
            yield start + len(line) - len(line.lstrip()), start + len(line.rstrip())
        start += len(line)


def _coloured(text: str) -> str:
    html = highlight(text, LEXER, FORMATTER)
    # The formatter ends every line, the last one too.
    return html if text.endswith("\n") else html.removesuffix("\n")
