# SPDX-License-Identifier: GPL-2.0-or-later
"""What a source file says about a name."""

from dataclasses import dataclass

__all__ = ["Declaration"]


@dataclass(frozen=True, slots=True)
class Declaration:
    """One place where a name is defined or declared."""

    name: str
    #: Line of the name, from 1.
    line: int
    #: On one line, without body or value.
    signature: str
    #: Whether this is the thing itself: a body, a value, a schema's entry.
    defines: bool
