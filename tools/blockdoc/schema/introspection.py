# SPDX-License-Identifier: GPL-2.0-or-later
"""Read the answer of ``query-qmp-schema``.

::

    { "meta-type": "command", "name": …, "arg-type": …, "ret-type": … }   Command
    { "meta-type": "event",   "name": …, "arg-type": … }                  Event
    { "meta-type": "object",  "members": …, "tag": …, "variants": … }     Object
    { "meta-type": "enum",    "members": … }     "values" before 6.2      Enum
    { "meta-type": "array" │ "alternate" │ "builtin", … }

A member is optional where it has a ``default``, whose value is always null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias, TypeVar, cast

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
    Type,
)

__all__ = ["Part", "names_in", "read_entry"]

Part: TypeAlias = Command | Event | Type
_Entry: TypeAlias = Mapping[str, object]
_T = TypeVar("_T")

#: Commands with ``'gen': false``: their arguments are not those of the schema alone.
_OPEN = frozenset({"device_add"})


def read_entry(entry: object) -> Part:
    """Read one ``SchemaInfo``.

    :raise QemuError: it is none.
    """
    if not isinstance(entry, Mapping):
        raise QemuError(f"not a schema: expected an object for each entry, found {entry!r:.60}")
    kind = _text(entry, "meta-type")
    reader = _READERS.get(kind)
    if reader is None:
        raise QemuError(f"not a schema: unknown meta-type {kind!r} of {entry.get('name')!r}")
    return reader(entry)


def names_in(part: Part) -> Iterator[str]:
    """Yield the names of the types that an entry refers to."""
    match part:
        case Command():
            yield from (part.arg_type, part.ret_type)
        case Event():
            yield part.arg_type
        case Array():
            yield part.element
        case Alternate():
            yield from part.types
        case Object():
            yield from (member.type for member in part.members)
            yield from part.variants.values()


def _command(entry: _Entry) -> Command:
    name = _text(entry, "name")
    return Command(
        name,
        _text(entry, "arg-type"),
        _text(entry, "ret-type"),
        allow_oob=entry.get("allow-oob") is True,
        open=name in _OPEN or entry.get("gen") is False,
        features=_features(entry),
    )


def _event(entry: _Entry) -> Event:
    return Event(_text(entry, "name"), _text(entry, "arg-type"), _features(entry))


def _object(entry: _Entry) -> Object:
    variants = {_text(it, "case"): _text(it, "type") for it in _list(entry, "variants")}
    return Object(
        _text(entry, "name"),
        tuple(map(_member, _list(entry, "members", required=True))),
        _text(entry, "tag") if "tag" in entry else None,
        variants,
        _features(entry),
    )


def _member(entry: _Entry) -> Member:
    optional = "default" in entry
    return Member(_text(entry, "name"), _text(entry, "type"), optional, _features(entry))


def _enum(entry: _Entry) -> Enum:
    if "members" in entry:
        values = [EnumValue(_text(it, "name"), _features(it)) for it in _list(entry, "members")]
    else:
        values = [EnumValue(name) for name in _texts(entry, "values")]
    return Enum(_text(entry, "name"), tuple(values), _features(entry))


def _array(entry: _Entry) -> Array:
    return Array(_text(entry, "name"), _text(entry, "element-type"), _features(entry))


def _alternate(entry: _Entry) -> Alternate:
    types = tuple(_text(it, "type") for it in _list(entry, "members", required=True))
    return Alternate(_text(entry, "name"), types, _features(entry))


def _builtin(entry: _Entry) -> Builtin:
    return Builtin(_text(entry, "name"), _text(entry, "json-type"))


_READERS: dict[str, Callable[[_Entry], Part]] = {
    "command": _command,
    "event": _event,
    "object": _object,
    "enum": _enum,
    "array": _array,
    "alternate": _alternate,
    "builtin": _builtin,
}


def _features(entry: _Entry) -> Features:
    return _texts(entry, "features")


def _text(entry: _Entry, key: str) -> str:
    return _typed(entry, key, str)


def _texts(entry: _Entry, key: str) -> tuple[str, ...]:
    """Return a list of strings, which may be left out."""
    found = _typed(entry, key, list) if key in entry else []
    if not all(isinstance(item, str) for item in found):
        raise _bad(entry, key)
    return tuple(found)


def _list(entry: _Entry, key: str, *, required: bool = False) -> list[_Entry]:
    """Return a list of objects."""
    found = _typed(entry, key, list) if required or key in entry else []
    if not all(isinstance(item, Mapping) for item in found):
        raise _bad(entry, key)
    return cast("list[_Entry]", found)


def _typed(entry: _Entry, key: str, kind: type[_T]) -> _T:
    value = entry.get(key)
    if not isinstance(value, kind):
        raise _bad(entry, key)
    return value


def _bad(entry: _Entry, key: str) -> QemuError:
    return QemuError(f"not a schema: bad or missing {key!r} in {dict(entry)!r:.120}")
