# SPDX-License-Identifier: GPL-2.0-or-later
r"""Text that is typed at a prompt, and what is printed below it.

::

    dialogue = { blank line | exchange }
    exchange = prompt command { output line } [ status ]
    prompt   = "$ " | "(qemu) " | "(gdb) "  at the start of a line; one kind in a fence
    command  = text                         goes on in the next line behind a "\" at its end
    output   = a line; "..." in it stands for any text, "..." alone for any number of lines
    status   = "[exit status " number "]"   the last line; left out for 0

Blank lines behind the output belong to the author.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blockdoc.transcript.model import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from blockdoc.errors import Place

__all__ = [
    "CONSOLE",
    "DEBUGGER",
    "MONITOR",
    "Exchange",
    "fits",
    "parse_dialogue",
    "revise_lines",
    "without_dialogue",
    "without_transcript",
]

#: The prompt of a shell, before QEMU's tools.
CONSOLE = "$ "
#: The prompt of the human monitor.
MONITOR = "(qemu) "
#: The prompt of gdb.
DEBUGGER = "(gdb) "
GAP = "..."
STATUS = re.compile(r"\[exit status ([0-9]{1,3})\]")
_DOTS = re.compile(r"(?<!\.)\.\.\.(?!\.)")
#: Above this many pairs of lines an answer is not aligned with the author's, but taken.
_MOST_PAIRS = 1_000_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """One command and what is written below it."""

    #: The command as it was typed, in one line.
    command: str
    #: The line of the prompt, as the file counts.
    line: int
    #: Lines that are expected, without blank ones at the end.
    output: tuple[str, ...]
    #: Exit status that is expected.
    status: int
    #: Offsets of what is written below the command: from behind its line break.
    start: int
    end: int


def parse_dialogue(text: str, place: Place, prompt: str) -> tuple[Exchange, ...]:
    """Read a fence whose first line is at `place`.

    :raise AuthorError: something stands before the first prompt, or there is no command.
    """
    source = Source(text, place)
    starts = [it.start() for it in re.finditer(rf"^{re.escape(prompt)}", text, re.MULTILINE)]
    first = starts[0] if starts else len(text)
    found = re.search(r"\S", text[:first])
    if found is not None or not starts:
        message = f"expected a command behind `{prompt.strip()} ` at the start of a line"
        raise source.error(found.start() if found else 0, message)
    ends = [*starts[1:], len(text)]
    return tuple(
        _exchange(source, start, end, prompt) for start, end in zip(starts, ends, strict=True)
    )


def without_transcript(text: str, prompt: str) -> str:
    """Blank what stands before the first prompt, and from the first reply behind it."""
    return _blanked(text, prompt, dialogue=False)


def without_dialogue(text: str, prompt: str) -> str:
    """Blank what :func:`without_transcript` leaves: every offset stays what it was."""
    return _blanked(text, prompt, dialogue=True)


def _blanked(text: str, prompt: str, *, dialogue: bool) -> str:
    lines: list[str] = []
    begun = ended = False
    for line in text.splitlines(keepends=True):
        begun = begun or line.startswith(prompt)
        ended = ended or (begun and line.startswith("<- "))
        inside = begun and not ended
        lines.append(re.sub(r"[^\n]", " ", line) if inside is dialogue else line)
    return "".join(lines)


def _exchange(source: Source, start: int, end: int, prompt: str) -> Exchange:
    lines = source.text[start:end].splitlines(keepends=True)
    count = 1
    while lines[count - 1].rstrip("\n").endswith("\\") and count < len(lines):
        count += 1
    words = [line.strip().removesuffix("\\").strip() for line in lines[:count]]
    command = " ".join(words).removeprefix(prompt.strip()).strip()
    if not command:
        raise source.error(start, f"no command behind `{prompt.strip()}`")
    below = start + sum(map(len, lines[:count]))
    output = [line.rstrip() for line in lines[count:]]
    last = below + len("".join(lines[count:]).rstrip())
    while output and not output[-1]:
        output.pop()
    status = STATUS.fullmatch(output[-1]) if output else None
    if status is not None:
        output.pop()
    return Exchange(
        command,
        source.line_at(start),
        tuple(output),
        int(status[1]) if status else 0,
        below,
        max(below, last),
    )


def fits(written: str, actual: str) -> bool:
    """Say whether a line is what the author wrote; `...` in it stands for any text."""
    if GAP not in written:
        return written == actual.rstrip()
    pieces = _DOTS.split(written)
    if len(pieces) == 1:
        return written == actual.rstrip()
    return _in_order(pieces, actual.rstrip())


def _in_order(pieces: Sequence[str], text: str) -> bool:
    """Say whether `text` is the pieces with anything between them; in linear time."""
    first, *middle, last = pieces
    position, end = len(first), len(text) - len(last)
    if position > end or not text.startswith(first) or not text.endswith(last):
        return False
    for piece in middle:
        position = text.find(piece, position, end)
        if position < 0:
            return False
        position += len(piece)
    return True


def revise_lines(written: Sequence[str], actual: Sequence[str]) -> list[str]:
    """Return the lines that hold for `actual`, with all of the author's that still do.

    The result is `written` exactly if that holds.
    """
    if len(written) * len(actual) > _MOST_PAIRS:
        return list(written) if list(written) == list(actual) else list(actual)
    return list(_walk(written, actual, _costs(written, actual)))


def _costs(written: Sequence[str], actual: Sequence[str]) -> list[list[int]]:
    """Give for each pair of ends how many lines have to change up to there, at least."""
    costs = [list(range(len(actual) + 1))]
    for entry in written:
        above = costs[-1]
        gap = entry == GAP
        row = [above[0] if gap else above[0] + 1]
        for column, line in enumerate(actual, 1):
            if gap:
                row.append(min(above[column], row[-1]))
            else:
                replaced = above[column - 1] + (not fits(entry, line))
                row.append(min(replaced, above[column] + 1, row[-1] + 1))
        costs.append(row)
    return costs


def _walk(
    written: Sequence[str], actual: Sequence[str], costs: list[list[int]]
) -> Iterator[str]:
    """Go back from the ends along the cheapest way."""
    lines: list[str] = []
    row, column = len(written), len(actual)
    while row or column:
        entry = written[row - 1] if row else ""
        here = costs[row][column]
        if row and entry == GAP:
            if costs[row - 1][column] == here:
                lines.append(GAP)
                row -= 1
            else:
                column -= 1
            continue
        if row and column:
            kept = fits(entry, actual[column - 1])
            if costs[row - 1][column - 1] + (not kept) == here:
                lines.append(entry if kept else actual[column - 1])
                row, column = row - 1, column - 1
                continue
        if column and costs[row][column - 1] + 1 == here:
            lines.append(actual[column - 1])
            column -= 1
        else:
            row -= 1
    return reversed(lines)
