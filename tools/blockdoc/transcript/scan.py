# SPDX-License-Identifier: GPL-2.0-or-later
r"""Words of a transcript's JSON: what the lexer of QEMU's parser takes, and two more.

========  ====================================================================
punct     ``{ } [ ] , :``
string    ``"…"`` or ``'…'`` on one line; escapes ``\" \' \\ \/ \b \f \n \r \t \uXXXX``
number    as in RFC 8259
word      ``true``, ``false``, ``null``; every other word is refused
elision   ``...``, or ``... text ...`` on one line
capture   ``<name>``
========  ====================================================================

The text of an elision holds no quotation mark, bracket or brace, and does not
begin with a value that a comma or ``...`` follows: ``[ ..., 1, ... ]`` and
``[ ... 1 ... ]`` show an element between two gaps.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blockdoc.transcript.model import Source

__all__ = ["ELISION", "Token", "decode_number", "decode_string", "next_token"]

_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_VALUE = rf"(?:{_NUMBER}|true|false|null|<[\w-]+>)"

#: One elision, with the text between its dots.
ELISION = re.compile(
    rf"\.\.\.(?!\.)(?:[ ]+(?![ ,:']|{_VALUE}\s*(?:,|\.\.\.))"
    r"(?P<text>[^\n\"{}\[\]]*?)[ ]\.\.\.(?!\.))?"
)

_TOKEN = re.compile(
    rf"""
      (?P<punct> [{{}}\[\],:] )
    | (?P<string> "(?:[^"\\\x00-\x1f]|\\[^\x00-\x1f])*"
                | '(?:[^'\\\x00-\x1f]|\\[^\x00-\x1f])*' )
    | (?P<number> {_NUMBER} (?![\w+-]|\.(?!\.\.)) )
    | (?P<elision> {ELISION.pattern.replace("(?P<text>", "(?:")} )
    | (?P<capture> <[A-Za-z][A-Za-z0-9_-]*> )
    | (?P<word> [A-Za-z_]\w* )
    """,
    re.VERBOSE,
)
_BLANK = re.compile(r"[ \t\r\n]*")
_BAD = re.compile(r"\S[^\s,:{}\[\]]*")

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)")
_PLAIN_ESCAPES = {
    '"': '"',
    "'": "'",
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}
#: No number that QEMU prints comes near this; Python refuses to read longer ones.
_LONGEST_NUMBER = 400


@dataclass(frozen=True, slots=True)
class Token:
    """One word of JSON; ``kind`` is a row of the table above, or ``end``."""

    kind: str
    text: str
    start: int
    end: int

    def __str__(self) -> str:
        return "the end of the message" if self.kind == "end" else f"`{self.text}`"


def next_token(source: Source, offset: int, end: int) -> Token:
    """Read the next word of a message that ends at ``end``."""
    start = _skip_blank(source, offset, end)
    if start >= end:
        return Token("end", "", end, end)
    found = _TOKEN.match(source.text, start, end)
    if not found or not found.lastgroup:
        raise source.error(start, _complaint(source.text, start, end))
    return Token(found.lastgroup, found[0], start, found.end())


def _skip_blank(source: Source, offset: int, end: int) -> int:
    blank = _BLANK.match(source.text, offset, end)
    return blank.end() if blank else offset


def _complaint(text: str, start: int, end: int) -> str:
    """Say why no word begins here."""
    if text[start] in "\"'":
        quote = text[start]
        return f"string is not closed: expected {quote} before the end of the line"
    found = _BAD.match(text, start, end)
    word = found[0] if found else text[start]
    if word.startswith("."):
        return f"cannot read `{word}`: an elision is `...` or `... text ...`"
    if word.startswith("<"):
        return f"cannot read `{word}`: a capture is `<name>`, of letters, digits, - and _"
    if word[0] in "-+0123456789":
        return f"cannot read `{word}` as a JSON number; put it in quotes if it is a string"
    return f"cannot read `{word}` as JSON; expected a value, such as a string in quotes"


def decode_string(source: Source, token: Token) -> str:
    """Turn the text of a string into its value."""

    def unescape(escape: re.Match[str]) -> str:
        code = escape[1]
        if code[0] == "u" and len(code) > 1:
            return chr(int(code[1:], 16))
        if code not in _PLAIN_ESCAPES:
            message = (
                f"`\\{code}` is not an escape sequence of JSON; write `\\\\` for a backslash"
            )
            raise source.error(token.start, message)
        return _PLAIN_ESCAPES[code]

    halves = _ESCAPE.sub(unescape, token.text[1:-1])
    try:
        return halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        message = "string holds half of a surrogate pair; write both `\\uXXXX` or neither"
        raise source.error(token.start, message) from None


def decode_number(source: Source, token: Token) -> int | float:
    """Turn the text of a number into its value."""
    if len(token.text) > _LONGEST_NUMBER:
        raise source.error(token.start, f"number is longer than {_LONGEST_NUMBER} characters")
    if token.text.lstrip("-").isdecimal():
        return int(token.text)
    value = float(token.text)
    if math.isinf(value):
        raise source.error(token.start, f"number `{token.text}` is out of range")
    return value
