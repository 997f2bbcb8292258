# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds a value of a transcript against a type of the schema.

::

    Values(schema, role).check(pattern, type name, what) ──► findings, in reading order

========= ====================================================================
type      takes
========= ====================================================================
builtin   the JSON type; ``int`` is a number without a fraction, as QEMU's
          visitors take it (``1.0`` is none), of 64 bits with or without a sign
enum      one of its strings
array     an array; each element by itself
object    its members, each by itself; where there is a tag, those of the
          variant that the tag's value chooses
alternate the one of its types that has the value's JSON type
========= ====================================================================

A gap and a capture fit everything.  In an object with a gap no member is missing.
Where the tag of a union is left out, the members of every variant are known.

Rests on QEMU's qapi/qobject-input-visitor.c.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeAlias

from blockdoc.lint.finding import Finding, Kind
from blockdoc.schema import Alternate, Array, Builtin, Enum, Member, Object, Type
from blockdoc.transcript import Array as ArrayPattern
from blockdoc.transcript import Capture, Elided, Pattern, Scalar, show
from blockdoc.transcript import Member as MemberPattern
from blockdoc.transcript import Object as ObjectPattern

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from blockdoc.schema import Schema

__all__ = [
    "ARGUMENT",
    "MEMBER",
    "Role",
    "Values",
    "featured",
    "finding",
    "shorten",
    "suggest",
    "takes",
]

#: The members that may be there; several of one name stand in variants of a union.
Known: TypeAlias = "dict[str, list[Member]]"

_INTEGERS = range(-(2**63), 2**64)
#: How many names a message lists, and how long a value it shows.
_MANY = 12
_LONGEST = 60
_JSON_TYPES = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
}
_BUILTINS = {
    "string": "a string",
    "int": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "an array",
}


@dataclass(frozen=True, slots=True)
class Role:
    """How a finding calls what it is about."""

    word: str
    unknown: Kind
    missing: Kind


ARGUMENT = Role("argument", Kind.UNKNOWN_ARGUMENT, Kind.MISSING_ARGUMENT)
MEMBER = Role("member", Kind.UNKNOWN_MEMBER, Kind.MISSING_MEMBER)


def finding(part: Pattern | MemberPattern, kind: Kind, message: str) -> Finding:
    """Make a finding that points at a part of a transcript."""
    return Finding(part.source.place_at(part.start), kind, message)


def featured(
    features: Collection[str], part: Pattern | MemberPattern, what: str
) -> Iterator[Finding]:
    """Report what is deprecated or unstable."""
    for kind in (Kind.DEPRECATED, Kind.UNSTABLE):
        if kind in features:
            yield finding(part, kind, f"{what} is {kind}")


@dataclass(frozen=True, slots=True)
class Values:
    """The types of one schema, and what a finding calls a member."""

    schema: Schema
    role: Role

    def check(self, pattern: Pattern, type_name: str, what: str) -> Iterator[Finding]:
        """Check a value; `what` is its name in messages."""
        kind = self.schema.type(type_name)
        match kind, pattern:
            case _, Elided() | Capture():
                return
            case Alternate(), _:
                yield from self._alternate(pattern, kind, what)
            case Enum(), Scalar(value=str()):
                yield from _enum(pattern, kind, what)
            case Array(), ArrayPattern():
                for entry in pattern.entries:
                    yield from self.check(entry, kind.element, f"an element of {what}")
            case Object(), ObjectPattern():
                yield from self.members(pattern, kind, what)
            case _ if not takes(kind, pattern):
                yield _wrong_type(pattern, what, [kind])

    def members(
        self, pattern: ObjectPattern, kind: Object, what: str, *, is_open: bool = False
    ) -> Iterator[Finding]:
        """Check the members of an object; an open one may have others."""
        known = self.known(pattern, kind)
        if not pattern.has_gap:
            yield from self.missing(pattern, known, what)
        for member in pattern.members:
            if member.key in known:
                yield from self._member(member, known[member.key])
            elif not is_open:
                yield self._unknown(member, known, what)

    def missing(self, pattern: ObjectPattern, known: Known, what: str) -> Iterator[Finding]:
        """Report the members that must be there and are not."""
        there = {member.key for member in pattern.members}
        lost = [
            f'"{name}"'
            for name, members in known.items()
            if name not in there and not any(member.optional for member in members)
        ]
        if lost:
            word = self.role.word if len(lost) == 1 else f"{self.role.word}s"
            more = f", and {len(lost) - _MANY} more" if len(lost) > _MANY else ""
            message = f"{what} lacks the {word} {', '.join(lost[:_MANY])}{more}"
            yield finding(pattern, self.role.missing, message)

    def _member(self, member: MemberPattern, candidates: Sequence[Member]) -> Iterator[Finding]:
        """Check a member; where its type depends on a tag that is left out, its name alone."""
        what = f'{self.role.word} "{member.key}"'
        shared = set.intersection(*(set(it.features) for it in candidates))
        yield from featured(shared, member, what)
        if len({it.type for it in candidates}) == 1:
            yield from self.check(member.value, candidates[0].type, what)

    def _unknown(self, member: MemberPattern, known: Known, what: str) -> Finding:
        advice = suggest(member.key, known)
        message = f'{what} has no {self.role.word} "{member.key}"; {advice}'
        return finding(member, self.role.unknown, message)

    def known(self, pattern: ObjectPattern, kind: Object) -> Known:
        """List the members that may be there, by name."""
        known: Known = {member.name: [member] for member in kind.members}
        variants = _chosen(pattern, kind)
        for variant in variants:
            inner = self.known(pattern, self.schema.object(variant))
            for name, members in inner.items():
                if len(variants) > 1:
                    members = [replace(it, optional=True) for it in members]  # noqa: PLW2901
                known.setdefault(name, []).extend(members)
        return known

    def _alternate(self, pattern: Pattern, kind: Alternate, what: str) -> Iterator[Finding]:
        """Check against the one type that the value's JSON type chooses."""
        types = [self.schema.type(name) for name in kind.types]
        chosen = next((it for it in types if takes(it, pattern)), None)
        if chosen is None:
            yield _wrong_type(pattern, what, types)
        else:
            yield from self.check(pattern, chosen.name, what)


def takes(kind: Type, pattern: Pattern) -> bool:
    """Say whether a value has the JSON type of this type of the schema."""
    match kind:
        case Builtin():
            return kind.json_type == "value" or kind.json_type in _json_types(pattern)
        case Enum():
            return "string" in _json_types(pattern)
        case Array():
            return isinstance(pattern, ArrayPattern)
        case Object():
            return isinstance(pattern, ObjectPattern)
        case Alternate():
            return False  # none stands inside another


def _json_types(pattern: Pattern) -> tuple[str, ...]:
    """Name the JSON types of a value, as ``SchemaInfoBuiltin`` does."""
    if isinstance(pattern, Scalar):
        value = pattern.value
        if type(value) is int and value in _INTEGERS:
            return ("int", "number")
        return (_JSON_TYPES[type(value)],)
    return ("object",) if isinstance(pattern, ObjectPattern) else ("array",)


def _chosen(pattern: ObjectPattern, kind: Object) -> list[str]:
    """Name the variants that may be meant: one, or where the tag does not tell, all."""
    tag = pattern.get(kind.tag) if kind.tag else None
    if isinstance(tag, Scalar) and str(tag.value) in kind.variants:
        return [kind.variants[str(tag.value)]]
    return list(dict.fromkeys(kind.variants.values()))


def _enum(pattern: Scalar, kind: Enum, what: str) -> Iterator[Finding]:
    value = kind.value(str(pattern.value))
    if value is None:
        names = [it.name for it in kind.values]
        message = f"{what} cannot be {show(pattern)}; {suggest(str(pattern.value), names)}"
        yield finding(pattern, Kind.UNKNOWN_VALUE, message)
    else:
        yield from featured(value.features, pattern, f"the value {show(pattern)} of {what}")


def _wrong_type(pattern: Pattern, what: str, types: Sequence[Type]) -> Finding:
    expected = " or ".join(dict.fromkeys(map(_called, types)))
    message = f"{what} is {shorten(show(pattern))}; expected {expected}"
    return finding(pattern, Kind.WRONG_TYPE, message)


def _called(kind: Type) -> str:
    """Name what a type takes, in a sentence."""
    match kind:
        case Builtin():
            return _BUILTINS.get(kind.json_type, kind.json_type)
        case Enum():
            return "a string"
        case Array():
            return "an array"
        case Object() | Alternate():
            return "an object"


def suggest(wrong: str, names: Iterable[str]) -> str:
    """Say what else it could be: something like it, or the whole list if it is short."""
    known = sorted(names)
    close = get_close_matches(wrong, known, n=1)
    if close:
        return f'did you mean "{close[0]}"?'
    if not known:
        return "there are none"
    more = f", and {len(known) - _MANY} more" if len(known) > _MANY else ""
    return f"known: {', '.join(known[:_MANY])}{more}"


def shorten(text: str) -> str:
    """Cut what is too long for a sentence."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
