# SPDX-License-Identifier: GPL-2.0-or-later
"""How wide a text may become in a font that only the reader's browser knows.

The estimate is on the large side, so that no text leaves its box.
"""

import unicodedata
from typing import Final

__all__ = ["MONO", "NAME", "SMALL", "fit", "printable", "width"]

#: Font sizes in pixels: of a name, of everything else, and of the permission letters.
NAME: Final = 14.0
SMALL: Final = 12.0
MONO: Final = 11.5

_LONGEST = 44
_SLIM = frozenset("iljtfrI.,:;|!'`()[]/- ")
_BROAD = frozenset("mwMWQO@%&#")


def printable(text: str) -> str:
    """Replace what has no shape of its own: controls, marks that turn text around."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in _SHAPELESS else c
        for c in text
    )


def fit(text: str) -> str:
    """Shorten a text in the middle if no box should be that wide."""
    if len(text) <= _LONGEST:
        return text
    half = _LONGEST // 2
    return f"{text[:half]}…{text[-half:]}"


def width(text: str, size: float, *, mono: bool = False) -> float:
    """Estimate the width of a text."""
    ems = sum(map(_mono if mono else _proportional, text))
    return ems * size


def _mono(character: str) -> float:
    return 1.25 if _is_wide(character) else 0.64


def _proportional(character: str) -> float:
    if _is_wide(character):
        return 1.05
    if character in _SLIM:
        return 0.42
    if character in _BROAD:
        return 0.96
    return 0.74 if character.isupper() or not character.isascii() else 0.61


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


_SHAPELESS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
