# SPDX-License-Identifier: GPL-2.0-or-later
"""Read the QMP of a snippet; a mistake in one message hides none in another.

::

    read_snippet(snippet) ──► Reading(transcript, problems)

A strict snippet is a transcript.  A loose one has QMP among other lines:

===================  =========================================================
a line begins with   and is
===================  =========================================================
``->`` or ``<-``     a message, if JSON or an elision follows
``{``                a message, if it has a member that makes it one
``(QEMU)``           a command of qmp-shell; ``TRANS>``, an action of its
                     transaction
anything else        not QMP
===================  =========================================================

Behind a line of qmp-shell stands, where it was called with ``-v``, the same command
as JSON: it must be the same.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from blockdoc.errors import AuthorError
from blockdoc.transcript import Item, Object, Scalar, Source, Transcript, parse_transcript
from blockdoc.upstream.loose import LooseReader
from blockdoc.upstream.message import read_message, syntax_problem
from blockdoc.upstream.problem import Problem
from blockdoc.upstream.snippet import Snippet

__all__ = ["Problem", "Reading", "read_snippet"]

_START = re.compile(r"^(?:->|<-|\.\.\.)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a snippet says, and what of it cannot be read."""

    transcript: Transcript
    problems: tuple[Problem, ...]


def read_snippet(snippet: Snippet) -> Reading:
    """Read all of it that can be read."""
    if snippet.style == "strict":
        return _read_strict(snippet.source)
    reader = LooseReader(snippet.source)
    reader.read()
    return Reading(Transcript(snippet.source, tuple(reader.items)), tuple(reader.problems))


def _read_strict(source: Source) -> Reading:
    """Read each message by itself."""
    items: list[Item] = []
    problems: list[Problem] = []
    refused: tuple[Problem, ...] = ()
    starts = [found.start() for found in _START.finditer(source.text)]
    for start, end in _spans(starts, len(source.text)):
        read, found = _read_one(source, start, end)
        if refused and read and _tells_so(read[0]):
            problems = [it for it in problems if it not in refused]
        items += read
        problems += found
        refused = found
    return Reading(Transcript(source, tuple(items)), tuple(problems))


def _read_one(
    source: Source, start: int, end: int
) -> tuple[tuple[Item, ...], tuple[Problem, ...]]:
    """Read one message, or what is left of it."""
    try:
        # All but this message is blank, so that offsets stay what they are.
        alone = _blank(source.text, start, end)
        return parse_transcript(alone, source.place).items, ()
    except AuthorError as error:
        if source.text.startswith(("->", "<-"), start):
            return read_message(source, start, end)
        return (), (syntax_problem(error, source),)


def _tells_so(item: Item) -> bool:
    """Say whether it is QEMU that cannot read what was sent: this is what is shown."""
    error = item.pattern.get("error") if isinstance(item.pattern, Object) else None
    desc = error.get("desc") if isinstance(error, Object) else None
    return isinstance(desc, Scalar) and str(desc.value).startswith("JSON parse error")


def _spans(starts: list[int], end: int) -> Iterator[tuple[int, int]]:
    """Cut a text at each of `starts`."""
    cuts = [0, *starts, end]
    return ((a, b) for a, b in pairwise(cuts) if b > a)


def _blank(text: str, start: int, end: int) -> str:
    """Keep one part of a text, and the ends of the lines before it."""
    before = re.sub(r"[^\n]", " ", text[:start])
    return before + text[start:end]
