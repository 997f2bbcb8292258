# SPDX-License-Identifier: GPL-2.0-or-later
"""What a check found: data, which :mod:`blockdoc.lint.report` shows."""

from dataclasses import dataclass
from enum import StrEnum

from blockdoc.errors import Place

__all__ = ["Finding", "Kind"]


class Kind(StrEnum):
    """What can be wrong with a transcript; the values are stable names for programs."""

    #: It cannot be read.
    SYNTAX = "syntax"
    #: A line of qmp-shell and the JSON beside it are different commands.
    ECHO = "echo"
    UNKNOWN_COMMAND = "unknown-command"
    UNKNOWN_EVENT = "unknown-event"
    UNKNOWN_ARGUMENT = "unknown-argument"
    MISSING_ARGUMENT = "missing-argument"
    #: Of a message, a reply, or the data of an event.
    UNKNOWN_MEMBER = "unknown-member"
    MISSING_MEMBER = "missing-member"
    WRONG_TYPE = "wrong-type"
    #: No value of this enumeration.
    UNKNOWN_VALUE = "unknown-value"
    #: ``exec-oob`` of a command that does not allow it.
    NOT_OUT_OF_BAND = "not-out-of-band"
    #: Of a step: none, or several, are for a release.
    ALTERNATIVES = "alternatives"
    #: A page claims to list all values of an enumeration, and does not.
    LIST = "list"
    DEPRECATED = "deprecated"
    UNSTABLE = "unstable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and where."""

    place: Place
    kind: Kind
    #: What is wrong and what was expected; one line.
    message: str
    #: The step, or whatever else has a name of its own there; may be empty.
    id: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.kind}: {self.message}"

    def as_json(self) -> dict[str, str | int]:
        """Return the members that every report of this project has."""
        return {
            "path": self.place.path,
            "line": self.place.line,
            "id": self.id,
            "kind": str(self.kind),
            "message": self.message,
        }
