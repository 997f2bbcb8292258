# SPDX-License-Identifier: GPL-2.0-or-later
"""A schema as lines of words: small enough to commit, and readable in a diff.

::

    file      = "qemu" version newline { part newline }
    part      = "command" name type type { "oob" | "open" | "daemon" | feature }
              | "event" name type { "daemon" | feature }
              | "object" name { feature } { member } [ "|" name { value ":" type } ]
              | "enum" name { feature } { value { feature } }
              | "array" name type { feature }
              | "alternate" name { feature } type { type }
              | "builtin" name json-type
    member    = name [ "?" ] ":" type { feature }            "?": it is optional
    feature   = "+" name                                     no blank before it in a member

The types of a command are those of its arguments and of what it returns; behind the
bar of an object stand its tag and its variants.  ``daemon`` marks what the storage
daemon has as well: it has nothing that the system emulator has not, and what both have
is the same in both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from blockdoc.errors import QemuError
from blockdoc.schema.parts import (
    Alternate,
    Array,
    Builtin,
    Command,
    Enum,
    EnumValue,
    Event,
    Features,
    Member,
    Object,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from blockdoc.schema.introspection import Part

__all__ = ["order", "read_part", "write_part"]

_Words: TypeAlias = "list[str]"
_DIGITS = re.compile(r"(\d+)")


def write_part(part: Part, *, daemon: bool = False) -> str:
    """Write a part as one line."""
    return " ".join(_words(part, daemon=daemon))


def _words(part: Part, *, daemon: bool) -> Iterable[str]:
    kind = type(part).__name__.lower()
    flags = ["daemon"] * daemon
    match part:
        case Command():
            flags = ["oob"] * part.allow_oob + ["open"] * part.open + flags
            rest = [part.arg_type, part.ret_type, *flags, *_plus(part.features)]
        case Event():
            rest = [part.arg_type, *flags, *_plus(part.features)]
        case Object():
            rest = [*_plus(part.features), *map(_member, part.members), *_variants(part)]
        case Enum():
            values = (it.name + "".join(_plus(it.features)) for it in part.values)
            rest = [*_plus(part.features), *values]
        case Array():
            rest = [part.element, *_plus(part.features)]
        case Alternate():
            rest = [*_plus(part.features), *part.types]
        case Builtin():
            rest = [part.json_type]
    return (kind, part.name, *rest)


def _plus(features: Features) -> list[str]:
    return [f"+{feature}" for feature in features]


def _member(member: Member) -> str:
    optional = "?" if member.optional else ""
    return f"{member.name}{optional}:{member.type}{''.join(_plus(member.features))}"


def _variants(part: Object) -> list[str]:
    if part.tag is None:
        return []
    return ["|", part.tag, *(f"{case}:{kind}" for case, kind in part.variants.items())]


def read_part(line: str) -> tuple[Part, bool]:
    """Read a line: the part, and whether the storage daemon has it.

    :raise QemuError: it is none.
    """
    try:
        kind, *words = line.split()
        return _READERS[kind](words), "daemon" in words
    except (KeyError, ValueError, IndexError) as error:
        raise QemuError(f"cannot read `{line:.80}` as a part of a schema") from error


def _read_command(words: _Words) -> Command:
    name, arguments, returned, *rest = words
    return Command(
        name,
        arguments,
        returned,
        allow_oob="oob" in rest,
        open="open" in rest,
        features=_features(rest),
    )


def _read_event(words: _Words) -> Event:
    name, data, *rest = words
    return Event(name, data, _features(rest))


def _read_object(words: _Words) -> Object:
    name, *rest = words
    bar = rest.index("|") if "|" in rest else len(rest)
    members = tuple(_read_member(word) for word in rest[:bar] if not word.startswith("+"))
    tag = rest[bar + 1] if bar < len(rest) else None
    variants = dict(map(_pair, rest[bar + 2 :]))
    return Object(name, members, tag, variants, _features(rest[:bar]))


def _read_member(word: str) -> Member:
    name, rest = _pair(word)
    kind, *features = rest.split("+")
    return Member(name.rstrip("?"), kind, name.endswith("?"), tuple(features))


def _read_enum(words: _Words) -> Enum:
    name, *rest = words
    values = (word.split("+") for word in rest if not word.startswith("+"))
    parts = tuple(EnumValue(value, tuple(features)) for value, *features in values)
    return Enum(name, parts, _features(rest))


def _read_array(words: _Words) -> Array:
    name, element, *rest = words
    return Array(name, element, _features(rest))


def _read_alternate(words: _Words) -> Alternate:
    name, *rest = words
    types = tuple(word for word in rest if not word.startswith("+"))
    return Alternate(name, types, _features(rest))


def _read_builtin(words: _Words) -> Builtin:
    name, json_type = words
    return Builtin(name, json_type)


_READERS: dict[str, Callable[[_Words], Part]] = {
    "command": _read_command,
    "event": _read_event,
    "object": _read_object,
    "enum": _read_enum,
    "array": _read_array,
    "alternate": _read_alternate,
    "builtin": _read_builtin,
}


def _features(words: _Words) -> Features:
    return tuple(word[1:] for word in words if word.startswith("+"))


def _pair(word: str) -> tuple[str, str]:
    name, colon, rest = word.partition(":")
    if not colon:
        raise ValueError(word)
    return name, rest


def order(part: Part) -> tuple[int, list[str | int]]:
    """Sort parts by kind, then by name, numbers as numbers."""
    kind = list(_READERS).index(type(part).__name__.lower())
    pieces = _DIGITS.split(part.name)
    return kind, [int(piece) if piece.isdecimal() else piece for piece in pieces]
