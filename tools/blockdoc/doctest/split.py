# SPDX-License-Identifier: GPL-2.0-or-later
"""Add an alternative for some releases: ``record --split 'qemu < 10.0'``.

The fence that applied so far is kept for the other releases; behind it stands its copy
for those of the condition, with what this QEMU answers.
"""

import re

from blockdoc.errors import AuthorError
from blockdoc.example import Fence
from blockdoc.transcript import Edit

__all__ = ["complement", "split_fence"]

CONDITION = re.compile(r"qemu (>=|<) (\d+(?:\.\d+)*)")
OFFER = re.compile(r"(no )?((?:command|event|driver) \S+)")
OPPOSITE = {">=": "<", "<": ">="}


def complement(condition: str) -> str:
    """Return the condition of all other releases.

    :raise AuthorError: it is not of the one form that has a simple complement.
    """
    if offer := OFFER.fullmatch(condition.strip()):
        return offer[2] if offer[1] else f"no {offer[2]}"
    found = CONDITION.fullmatch(condition.strip())
    if found is None:
        message = f"--split {condition!r}: expected such as 'qemu < 10.0', or 'command NAME'"
        raise AuthorError(message)
    return f"qemu {OPPOSITE[found[1]]} {found[2]}"


def split_fence(text: str, fence: Fence, body: str, condition: str) -> Edit:
    """Return the edit of the page `text` that adds `body` for `condition` behind `fence`.

    :raise AuthorError: it is no Markdown.
    """
    if fence.indent:
        message = "--split writes Markdown; write this alternative by hand, and record it"
        raise AuthorError(message, fence.place)
    lines = text.splitlines(keepends=True)
    start = sum(len(line) for line in lines[: fence.place.line - 1])
    after = text.find("\n", fence.end)
    end = len(text) if after < 0 else after + 1
    header, closing = text[start : fence.start], text[fence.end : end].rstrip("\n") + "\n"
    old = _with_when(header, complement(condition), fence)
    new = _with_when(header, condition, fence)
    return Edit(start, end, f"{old}{fence.text}{closing}\n{new}{body}{closing}")


def _with_when(header: str, condition: str, fence: Fence) -> str:
    """Return the opening lines of a fence with one more condition."""
    whole = condition if fence.when is None else f"{fence.options['when']}, {condition}"
    lines = [line for line in header.splitlines() if not re.match(r"\s*:?when:", line)]
    at = next(number for number, line in enumerate(lines) if re.match(r"\s*:?id:", line))
    colon = ":" if lines[at].lstrip().startswith(":") else ""
    lines.insert(at + 1, f"{colon}when: {whole}")
    return "".join(f"{line}\n" for line in lines)
