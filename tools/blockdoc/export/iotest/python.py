# SPDX-License-Identifier: GPL-2.0-or-later
"""Write calls with literals as Python text, in lines of at most 79 characters.

QEMU's own scripts have that length; a string that holds no blank may still be longer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pprint import pformat

__all__ = ["GAP", "WIDTH", "Raw", "assign", "call"]

#: The longest line.
WIDTH = 79


@dataclass(frozen=True, slots=True)
class Raw:
    """Python text that stands in the place of a literal."""

    text: str

    def __repr__(self) -> str:
        return self.text


#: Python's ``...``, which pprint would write as ``Ellipsis``.
GAP = Raw("...")


def call(
    name: str, positional: Sequence[object], keywords: Mapping[str, object], indent: int = 0
) -> str:
    """Write a call; each argument that does not fit on the line gets one of its own."""
    arguments = [("", value) for value in positional]
    arguments += [(f"{key}=", value) for key, value in keywords.items()]
    space = " " * indent
    short = ", ".join(f"{key}{value!r}" for key, value in arguments)
    line = f"{space}{name}({short})"
    if len(line) <= WIDTH:
        return line
    column = indent + len(name) + 1
    pieces = [_argument(key, value, column) for key, value in arguments]
    return f"{space}{name}(" + f",\n{' ' * column}".join(pieces) + ")"


def assign(name: str, value: object, indent: int = 0) -> str:
    """Write the assignment of a literal that is no text."""
    return " " * indent + _argument(f"{name} = ", value, indent)


def _argument(key: str, value: object, column: int) -> str:
    inside = column + len(key)
    text = pformat(value, width=WIDTH - 1 - inside, sort_dicts=False, compact=True)
    lines = text.split("\n")
    if isinstance(value, str) and len(lines) > 1:  # pprint's parentheses are not needed
        lines = [line[1:] for line in lines]
        lines[-1] = lines[-1][:-1]
    return key + f"\n{' ' * inside}".join(lines)
