# SPDX-License-Identifier: GPL-2.0-or-later
"""A step in the notation of QEMU's own documentation, and back.

::

    Step ──to_rst──► .. qmp-example::  ──from_snippet──► an example file

Upstream's notation has no captures: each becomes ``...``.  A command is shown as it is
sent, so one that holds a capture cannot be told; nor can what is not QMP.  The test bed
(machines, images) and the options of a step stay behind.
"""

import re
from collections.abc import Iterator
from textwrap import indent

from blockdoc.errors import AuthorError
from blockdoc.example import Step, parse_example
from blockdoc.transcript import (
    Array,
    Capture,
    Command,
    Edit,
    Elided,
    Item,
    Member,
    Object,
    Pattern,
    Reply,
    Scalar,
    Target,
    Transcript,
    apply_edits,
    parse_transcript,
)
from blockdoc.upstream import Snippet, read_snippet

__all__ = ["example_text", "to_rst", "without_captures"]

#: How QEMU's documentation is indented below a directive.
_INDENT = "  "
_ID = re.compile(r"[^a-z0-9]+")


def to_rst(step: Step, target: Target, *, comment: bool = False) -> str:
    """Write a step as ``.. qmp-example::``, with the alternative for the QEMU `target`.

    With `comment`, as a part of a documentation comment of QEMU's qapi folder.

    :raise AuthorError: upstream's notation cannot express it.
    """
    fence = step.fence(target)
    if step.kind != "qmp":
        message = f"{step.id} is no QMP ({step.kind}); `.. qmp-example::` shows QMP alone"
        raise AuthorError(message, fence.place)
    body = without_captures(parse_transcript(fence.text, fence.body)).strip("\n")
    title = fence.options.get("title")
    head = [".. qmp-example::", *([f"{_INDENT}:title: {title}"] if title else []), ""]
    text = "\n".join([*head, indent(body, _INDENT), ""])
    return indent(text, "# ", lambda _: True).replace("# \n", "#\n") if comment else text


def without_captures(transcript: Transcript) -> str:
    """Return the text with ``...`` in the place of each capture.

    :raise AuthorError: a command holds one, or the text would mean something else.
    """
    edits: list[Edit] = []
    for item in transcript.items:
        found = list(_captures(item.pattern)) if item.pattern else []
        if found and isinstance(item, Command):
            name = found[0].name
            message = f"the command sends <{name}>, whose value upstream's notation cannot tell"
            raise transcript.source.error(found[0].start, message)
        edits += (Edit(it.start, it.end, "...") for it in found)
    text = apply_edits(transcript.source.text, edits)
    again = parse_transcript(text, transcript.source.place)
    if [*map(_meaning, again.items)] != [*map(_meaning, transcript.items)]:
        message = "with `...` in the place of its captures it would mean something else"
        raise AuthorError(message, transcript.source.place)
    return text


def example_text(snippet: Snippet, name: str = "") -> str:
    """Write a file with one example of QEMU's documentation as its one step.

    Its machine is a system emulator without images: what the text takes for granted is
    for the author to add.

    :raise AuthorError: it is no transcript that can be run as it stands.
    """
    body = _body(snippet)
    title = snippet.owner or snippet.section or snippet.place.path
    name = name or _ID.sub("-", title.lower()).strip("-") or "example"
    text = (
        f"---\ntitle: {_quoted(title)}\nqemu: system\n---\n\n# {title}\n\n"
        f"```{{qmp-example}}\n:id: {name}\n\n{body}\n```\n"
    )
    parse_example(text, f"{name}.md")
    return text


def _body(snippet: Snippet) -> str:
    """Take the transcript; one that cannot be run is refused at its line."""
    reading = read_snippet(snippet)
    if reading.problems:
        first = reading.problems[0]
        raise AuthorError(first.message, first.place)
    try:
        transcript = parse_transcript(snippet.source.text, snippet.place)
    except AuthorError as error:
        raise AuthorError(f"not a transcript alone: {error.message}", error.place) from error
    owed = 0
    for item in transcript.items:
        if isinstance(item, Command):
            for gap in _gaps(item.pattern):
                message = "a command is sent as it stands, so it cannot hold `...`"
                raise transcript.source.error(gap.start, message)
            owed += 1
        elif isinstance(item, Reply):
            owed -= 1
        if owed < 0:
            message = "a reply without a command; write what was sent above it"
            raise AuthorError(message, transcript.source.place_at(item.start))
    if owed:
        last = next(it for it in reversed(transcript.items) if isinstance(it, Command))
        message = "a command without a reply; write what QEMU answers below it"
        raise AuthorError(message, transcript.source.place_at(last.start))
    if not transcript.items:
        raise AuthorError("no QMP stands here", snippet.place)
    return snippet.source.text.strip("\n")


def _quoted(title: str) -> str:
    """Quote a title for YAML."""
    return "'" + title.replace("'", "''") + "'"


def _parts(pattern: Pattern) -> Iterator[Pattern]:
    """Yield a pattern and all in it, in the order of the text."""
    yield pattern
    if isinstance(pattern, Object | Array):
        for entry in pattern.entries:
            yield from _parts(entry.value if isinstance(entry, Member) else entry)


def _captures(pattern: Pattern) -> Iterator[Capture]:
    return (it for it in _parts(pattern) if isinstance(it, Capture))


def _gaps(pattern: Pattern) -> Iterator[Elided]:
    return (it for it in _parts(pattern) if isinstance(it, Elided))


def _meaning(item: Item) -> object:
    """Tell what an item says, apart from where; a capture is a gap."""
    return type(item), _value(item.pattern) if item.pattern else None


def _value(pattern: Pattern) -> object:
    match pattern:
        case Object():
            return [
                (it.key, _value(it.value)) if isinstance(it, Member) else ("...",)
                for it in pattern.entries
            ]
        case Array():
            return tuple(map(_value, pattern.entries))
        case Scalar():
            return type(pattern.value), pattern.value
    return ("...",)
