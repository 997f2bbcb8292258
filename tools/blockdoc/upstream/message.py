# SPDX-License-Identifier: GPL-2.0-or-later
"""One message of a snippet."""

from blockdoc.errors import AuthorError
from blockdoc.transcript import Command, Elided, Event, Item, Object, Pattern, Reply, Source
from blockdoc.upstream.mend import read_mended
from blockdoc.upstream.problem import Problem

__all__ = ["kind_of", "read_message", "syntax_problem"]

#: Members that make an object a message, and which kind.
_KINDS: dict[str, type[Command | Reply | Event]] = {
    "event": Event,
    "execute": Command,
    "exec-oob": Command,
    "return": Reply,
    "error": Reply,
}
_ARROW_WIDTH = 2


def syntax_problem(error: AuthorError, source: Source) -> Problem:
    """Make a problem of an error."""
    return Problem("syntax", error.place or source.place, error.message)


def kind_of(pattern: Pattern | None) -> type[Command | Reply | Event] | None:
    """Tell a command, a reply and an event apart by their members."""
    if not isinstance(pattern, Object):
        return None
    return next((kind for key, kind in _KINDS.items() if pattern.get(key) is not None), None)


def read_message(
    source: Source, start: int, end: int
) -> tuple[tuple[Item, ...], tuple[Problem, ...]]:
    """Read the message whose arrow is at `start`.

    One that cannot be read is there as well, with an elision in its place: so replies
    stay with their commands.
    """
    mended = read_mended(source, start + _ARROW_WIDTH, end)
    problems = [syntax_problem(error, source) for error in mended.errors]
    pattern = mended.pattern
    if pattern is not None and not isinstance(pattern, Object | Elided):
        error = source.error(pattern.start, "a message is a JSON object")
        problems.append(syntax_problem(error, source))
    if not isinstance(pattern, Object):
        pattern = Elided(source, start, start + _ARROW_WIDTH, "")
    kind = Command if source.text.startswith("->", start) else kind_of(pattern)
    if kind in (None, Command) and not source.text.startswith("->", start):
        kind = Reply
    item = (kind or Reply)(pattern, start, pattern.end, source.line_at(start))
    return (item,), tuple(problems)
