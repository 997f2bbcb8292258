# SPDX-License-Identifier: GPL-2.0-or-later
"""Colours for a transcript: arrows, JSON, elision, captures.

::

    -> { "execute": "blockdev-add", "arguments": { ... } }
    <- { "return": {}, "node-name": <auto> }
"""

from typing import ClassVar

from pygments.lexer import RegexLexer
from pygments.token import Comment, Generic, Keyword, Name, Number, String, Text

__all__ = ["QmpLexer"]


class QmpLexer(RegexLexer):
    """Lexer for QMP transcripts."""

    name = "QMP transcript"
    aliases: ClassVar = ["qmp"]
    tokens: ClassVar = {
        "root": [
            (r"^->", Generic.Prompt),
            (r"^<-", Generic.Output),
            (r"\.\.\.(?:[^.\n]+\.\.\.)?", Comment),
            (r"<[A-Za-z][\w-]*>", Name.Variable),
            (r'"(?:\\.|[^"\\\n])*"(?=\s*:)', Name.Tag),
            (r'"(?:\\.|[^"\\\n])*"', String.Double),
            (r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", Number),
            (r"\b(?:true|false|null)\b", Keyword.Constant),
            (r"[{}\[\],:\s]+", Text),  # no span around it: half the elements of a page
            (r".", Text),
        ],
    }
