# SPDX-License-Identifier: GPL-2.0-or-later
"""What a test logs of an answer, and the form that makes its log so.

::

    { "return": [ ..., { "node-name": "hd1", "ro": true, ... }, ... ] }

    logged  {"return": ["...", {"node-name": "hd1", "ro": true}, "..."]}
    form    {'return': [..., {'node-name': 'hd1', 'ro': ..., ...: ...}, ...]}

In a form ``...`` in the place of a value says that it is logged as it is; a text between
``<`` and ``>`` is a capture.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

from blockdoc.export.iotest.python import GAP
from blockdoc.transcript import (
    Array,
    Capture,
    Elided,
    Json,
    Member,
    Object,
    Pattern,
    Scalar,
)

__all__ = ["form_of", "in_order", "logged", "logged_text", "parts", "scalars"]

#: What tells an element of an array from the others, if it has it.
IDENTITIES = ("node-name", "id", "device", "name", "qdev")


def parts(pattern: Pattern) -> Iterator[Pattern]:
    """Yield a pattern and all in it."""
    yield pattern
    if isinstance(pattern, Object | Array):
        for entry in pattern.entries:
            yield from parts(entry.value if isinstance(entry, Member) else entry)


def scalars(pattern: Object) -> dict[str, Json]:
    """Return the members that are plain values."""
    return {it.key: it.value.value for it in pattern.members if isinstance(it.value, Scalar)}


def logged(pattern: Pattern) -> Json:
    """Return what is logged of an answer that the pattern fits."""
    match pattern:
        case Object():
            return {member.key: logged(member.value) for member in pattern.members}
        case Array():
            return [logged(entry) for entry in pattern.entries]
        case Scalar():
            return pattern.value
        case Capture():
            return f"<{pattern.name}>"
        case Elided():
            return "..."


def form_of(pattern: Pattern) -> object:
    """Return the form that makes of an answer what :func:`logged` makes of the pattern."""
    match pattern:
        case Object() if pattern.has_gap:
            return {member.key: form_of(member.value) for member in pattern.members} | {
                GAP: GAP
            }
        case Object():
            return _unless_plain({it.key: form_of(it.value) for it in pattern.members})
        case Array() if any(isinstance(entry, Elided) for entry in pattern.entries):
            return [GAP if isinstance(it, Elided) else _selector(it) for it in pattern.entries]
        case Array():
            return _unless_plain([form_of(entry) for entry in pattern.entries])
        case Scalar():
            return GAP
        case Capture() | Elided():
            return logged(pattern)


def _unless_plain(form: dict[str, object] | list[object]) -> object:
    values: Iterable[object] = form.values() if isinstance(form, dict) else form
    return GAP if all(value is GAP for value in values) else form


def _selector(pattern: Pattern) -> object:
    """Return a form that also says which element is meant.

    By the member that tells one from the others; without such by all that is written.
    """
    if isinstance(pattern, Array):
        return [GAP if isinstance(it, Elided) else _selector(it) for it in pattern.entries]
    if not isinstance(pattern, Object):
        return logged(pattern)
    values = scalars(pattern)
    known = next((key for key in IDENTITIES if values.get(key)), None)
    form: dict[object, object] = {
        it.key: form_of(it.value) if known and it.key != known else _selector(it.value)
        for it in pattern.members
    }
    return form | {GAP: GAP} if pattern.has_gap else form


def in_order(value: Json) -> Json:
    """Put members in the order of ``iotests.ordered_qmp``."""
    if isinstance(value, Mapping):
        return {key: in_order(value[key]) for key in sorted(value)}
    return [in_order(it) for it in value] if isinstance(value, list) else value


def logged_text(value: Json) -> str:
    """Write a message as ``iotests.log`` does."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
