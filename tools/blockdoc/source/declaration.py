# SPDX-License-Identifier: GPL-2.0-or-later
"""What a source file says about a name."""

from dataclasses import dataclass

from blockdoc.source.body import digest

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
    #: `function`, `type`, `field`, `macro`, `value`, `variable`, or what a schema says.
    kind: str = ""
    #: The whole of it, without comments.
    code: str = ""

    @property
    def hash(self) -> str:
        """Return what changes with the code, and with neither comments nor blanks."""
        return digest(self.code)
