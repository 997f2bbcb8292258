# SPDX-License-Identifier: GPL-2.0-or-later
"""C text with everything blanked that only looks like code.

Comments, strings and characters turn into blanks; the length and the lines stay,
so that an offset into the one is an offset into the other.
"""

import re

__all__ = ["blank", "mask", "uncomment"]

_COMMENT = r"""
      /\* .*? (?: \*/ | \Z )
    | // [^\n]*
"""
_LITERAL = r"""
      " (?: \\. | [^"\\\n] )* "
    | ' (?: \\. | [^'\\\n] )* '
"""
_NOT_CODE = re.compile(
    f"(?P<comment>{_COMMENT}) | (?P<literal>{_LITERAL})", re.VERBOSE | re.DOTALL
)
_VISIBLE = re.compile(r"[^\n]")


def mask(text: str) -> str:
    """Blank the comments and literals of C."""
    return _NOT_CODE.sub(lambda match: blank(match[0]), text)


def uncomment(text: str) -> str:
    """Blank the comments of C."""
    return _NOT_CODE.sub(lambda match: match["literal"] or blank(match[0]), text)


def blank(text: str) -> str:
    """Return as many blanks, on as many lines."""
    return _VISIBLE.sub(" ", text)
