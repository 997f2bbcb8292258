# SPDX-License-Identifier: GPL-2.0-or-later
"""The small change of the Mermaid text: shapes, and names written as data."""

import re
import unicodedata
from typing import Final

from blockdoc.graph.model import Kind

__all__ = ["FLAGS", "HEADER", "KIND_OF", "SHAPES", "TextError", "from_text", "to_text"]

#: First line of every recorded graph.
HEADER: Final = "flowchart TD"

#: Flags of a node that the guide explains.
FLAGS: Final = ("ro",)

#: The brackets around a node's label.
SHAPES: Final[dict[Kind, tuple[str, str]]] = {
    "job": ("[[", "]]"),
    "export": (">", "]"),
    "backend": ("([", "])"),
    "filter": ("{{", "}}"),
    "node": ("[", "]"),
}

#: The kind that a pair of brackets stands for.
KIND_OF: Final[dict[tuple[str, str], Kind]] = {shape: kind for kind, shape in SHAPES.items()}

_ENTITIES: Final = {"quot": '"', "lt": "<", "gt": ">", "amp": "&"}
_NAMED: Final = {character: name for name, character in _ENTITIES.items()}
_PIECE = re.compile(r"#(\w+);|(.)", re.DOTALL)


class TextError(ValueError):
    """Text that does not stand for itself in Mermaid."""


def to_text(value: str) -> str:
    """Write data so that Mermaid shows it as it is."""
    return "".join(
        _entity(character) if _may_mean_more(value, place) else character
        for place, character in enumerate(value)
    )


def from_text(text: str) -> str:
    """Read data back from text."""
    return "".join(_character(match) for match in _PIECE.finditer(text))


def _character(match: re.Match[str]) -> str:
    """Read one character, or one entity."""
    if match[2]:
        if not _is_plain(match[2]):
            message = f"write `{_entity(match[2])}` for `{match[2]}`"
            raise TextError(message)
        return match[2]
    if match[1] in _ENTITIES:
        return _ENTITIES[match[1]]
    try:
        return chr(int(match[1]))
    except (ValueError, OverflowError):
        message = f"`{match[0]}` stands for no character"
        raise TextError(message) from None


def _entity(character: str) -> str:
    return f"#{_NAMED.get(character, ord(character))};"


def _may_mean_more(value: str, place: int) -> bool:
    """Tell whether a character is special where it stands: first, last, or anywhere."""
    character = value[place]
    if place == 0:
        return not (_is_plain(character) and character.isalpha())
    if character == " ":
        return place == len(value) - 1 or value[place - 1] == " "
    return not _is_plain(character)


def _is_plain(character: str) -> bool:
    """Tell whether Mermaid, HTML and Markdown all leave a character alone."""
    if character.isascii():
        return character.isalnum() or character in " -_./()"
    return unicodedata.category(character)[0] in "LN"
