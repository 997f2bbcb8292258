# SPDX-License-Identifier: GPL-2.0-or-later
"""Console, monitor and trace steps as HTML: one ``<pre>``, the text the author's."""

import re
from collections.abc import Iterator
from html import escape

from blockdoc.errors import AuthorError, Place
from blockdoc.example.model import StepKind
from blockdoc.sphinx_ext.report import warn_error
from blockdoc.transcript import (
    CONSOLE,
    DEBUGGER,
    MONITOR,
    parse_dialogue,
    without_transcript,
)

__all__ = ["dialogue_html", "trace_html"]

PROMPTS = {"hmp": MONITOR, "console": CONSOLE, "gdb": DEBUGGER}
#: The name of an event at the start of a line, and what stands for a pointer.
TRACED = re.compile(r"^(?P<event>\w+)(?= )|(?P<pointer>&lt;[\w.-]+&gt;)", re.MULTILINE)


def dialogue_html(text: str, place: Place, kind: StepKind) -> str:
    """Show a dialogue; warn where it does not parse."""
    prompt = PROMPTS[kind]
    body = "".join(_pieces(text, place, prompt))
    return (
        f'<div class="highlight-{kind} notranslate"><div class="highlight">'
        f'<pre tabindex="0">{body}</pre></div></div>\n'
    )


def trace_html(text: str) -> str:
    """Show trace events: one line each, the name first."""
    body = TRACED.sub(_marked, escape(text))
    return (
        '<div class="highlight-trace notranslate"><div class="highlight">'
        f'<pre tabindex="0">{body}</pre></div></div>\n'
    )


def _marked(found: re.Match[str]) -> str:
    kind = "typed" if found["event"] else "nv"
    return f'<span class="{kind}">{found[0]}</span>'


def _pieces(text: str, place: Place, prompt: str) -> Iterator[str]:
    """Mark the prompts (not selected with the text) and the commands."""
    try:
        typed_and_printed = without_transcript(text, prompt) if prompt == DEBUGGER else text
        exchanges = parse_dialogue(typed_and_printed, place, prompt)
    except AuthorError as error:
        warn_error(error, str(place), "dialogue")
        exchanges = ()
    end = 0
    for exchange in exchanges:
        start = text.index(prompt, end)
        yield escape(text[end:start])
        yield f'<span class="gp">{escape(prompt)}</span>'
        typed = text[start + len(prompt) : exchange.start]
        yield f'<span class="typed">{escape(typed)}</span>'
        end = exchange.start
    yield escape(text[end:])
