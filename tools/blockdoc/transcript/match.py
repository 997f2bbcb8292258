# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares a message with QEMU's, and fills in commands.

::

    match(pattern, actual, captures)  ──► Match(differences, captures)
    substitute(pattern, captures)     ──► the JSON value to send
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blockdoc.transcript.compare import compare
from blockdoc.transcript.exact import find_captures
from blockdoc.transcript.model import Array, Capture, Elided, Json, Object, Pattern, Scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blockdoc.errors import AuthorError
    from blockdoc.transcript.difference import Difference

__all__ = ["Match", "match", "substitute"]


@dataclass(frozen=True, slots=True)
class Match:
    """What came out of a comparison."""

    #: In reading order; empty if the message matches.
    differences: tuple[Difference, ...]
    #: The captures given, and those that this message bound.
    captures: dict[str, Json]


def match(pattern: Pattern, actual: Json, captures: Mapping[str, Json]) -> Match:
    """Hold a message against the one that QEMU sent.

    :param actual: the value of QEMU's JSON, as ``json.loads`` gives it.
    :param captures: what earlier messages have captured, by name; it stays as it is.
    """
    found = find_captures(pattern, actual, dict(captures))
    if found is not None:
        return Match((), found)
    bound = dict(captures)
    return Match(tuple(compare(pattern, actual, "", bound)), bound)


def substitute(pattern: Pattern, captures: Mapping[str, Json]) -> Json:
    """Make the value that a command sends, with the captured values in their places.

    :raise AuthorError: a capture has no value yet, or something is elided.
    """
    match pattern:
        case Scalar():
            return pattern.value
        case Object():
            return dict(_members(pattern, captures))
        case Array():
            return [substitute(entry, captures) for entry in pattern.entries]
        case Capture() if pattern.name in captures:
            return captures[pattern.name]
        case Capture():
            raise _unbound(pattern, captures)
        case Elided():
            raise _gap(pattern)


def _members(pattern: Object, captures: Mapping[str, Json]) -> list[tuple[str, Json]]:
    """Make the members of an object."""
    gap = next((entry for entry in pattern.entries if isinstance(entry, Elided)), None)
    if gap:
        raise _gap(gap)
    return [(member.key, substitute(member.value, captures)) for member in pattern.members]


def _gap(gap: Elided) -> AuthorError:
    message = (
        'a command is sent as it stands and cannot hold "..."; write out what it leaves out'
    )
    return gap.source.error(gap.start, message)


def _unbound(capture: Capture, captures: Mapping[str, Json]) -> AuthorError:
    known = ", ".join(f"<{name}>" for name in captures) or "none"
    message = (
        f"<{capture.name}> has no value yet; expected an earlier reply or event to capture it "
        f"(captured so far: {known})"
    )
    return capture.source.error(capture.start, message)
