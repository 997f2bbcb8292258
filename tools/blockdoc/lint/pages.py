# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds transcripts on a page: in every fence, whatever its language.

A fence holds one if a line of it begins with an arrow and a JSON object; what stands
above that line, such as the options of a directive, is passed over.  A fence that shows
Markdown is looked into.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from blockdoc.errors import Place
from blockdoc.example.fences import tokens
from blockdoc.transcript import DEBUGGER, parse_transcript, without_dialogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from blockdoc.transcript import Transcript

__all__ = ["page_transcripts"]

_MESSAGE = re.compile(r"^(?:->|<-)\s*\{", re.MULTILINE)
_FENCE = re.compile(r"^\s*(?:```|~~~|:::)", re.MULTILINE)


def page_transcripts(text: str, path: str, line: int = 1) -> Iterator[Transcript]:
    """Yield the transcripts of the page, whose first line is `line`, in order.

    :raise AuthorError: one cannot be read; with its line.
    """
    for token in tokens(text):
        if token.type not in {"fence", "colon_fence"} or token.map is None:
            continue
        body = line + token.map[0] + 1
        content = without_dialogue(token.content, DEBUGGER)
        if _FENCE.search(token.content):
            yield from page_transcripts(token.content, path, body)
        elif found := _MESSAGE.search(content):
            above = content.count("\n", 0, found.start())
            yield parse_transcript(content[found.start() :], Place(path, body + above))
