# SPDX-License-Identifier: GPL-2.0-or-later
"""The block layer's part of the schema: which names come from which QAPI module.

::

    a source tree ──collect──► Modules ──write──► docs/_data/schema/modules.json

A running QEMU does not tell the modules, and nothing at all of enumerations that no
command uses, such as JobVerb.  So both are recorded from a source tree.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from blockdoc.errors import AuthorError, MissingError, Place
from blockdoc.schema.parts import Enum
from blockdoc.schema.recorded import FOLDER
from blockdoc.source.qapi import read_enums

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from blockdoc.schema.model import Schema
    from blockdoc.schema.source import SourceSchema

__all__ = ["BLOCK_LAYER", "Module", "Modules", "collect", "read_modules"]

#: The modules of the block layer, as files of ``qapi/`` without ``.json``.
BLOCK_LAYER = ("block-core", "block", "block-export", "transaction", "job")
_FILE = f"{FOLDER}/modules.json"


@dataclass(frozen=True, slots=True)
class Module:
    """What one module defines."""

    commands: tuple[str, ...]
    events: tuple[str, ...]
    #: The values of each enumeration, those that QEMU does not tell included.
    enums: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Modules:
    """The modules of the block layer, in one release."""

    #: The release whose sources say so.
    qemu: str
    modules: Mapping[str, Module]
    #: Commands and events of all other modules.
    elsewhere: tuple[str, ...]

    @property
    def commands(self) -> list[str]:
        """All commands, by module."""
        return [name for module in self.modules.values() for name in module.commands]

    @property
    def events(self) -> list[str]:
        """All events, by module."""
        return [name for module in self.modules.values() for name in module.events]

    @property
    def enums(self) -> dict[str, tuple[str, ...]]:
        """All enumerations."""
        return {k: v for module in self.modules.values() for k, v in module.enums.items()}

    def values(self, enum: str, schema: Schema) -> tuple[str, ...]:
        """Return the values of an enumeration: those of `schema`, or else of the sources."""
        kind = schema.types.get(enum)
        if isinstance(kind, Enum):
            return tuple(value.name for value in kind.values)
        return self.enums.get(enum, ())

    def write(self, root: Path) -> None:
        """Write the file in the repository at `root`, whole or not at all."""
        path = root / _FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        unfinished.replace(path)


def collect(tree: Path, source: SourceSchema) -> Modules:
    """Read the modules of the source tree at `tree`, whose schema is `source`."""
    version = (tree / "VERSION").read_text(encoding="utf-8").strip()
    modules = {name: _module(tree, name, source) for name in BLOCK_LAYER}
    ours = {it for module in modules.values() for it in (*module.commands, *module.events)}
    return Modules(version, modules, tuple(sorted(_holders(source) - ours)))


def _holders(source: SourceSchema) -> set[str]:
    """Name all commands and events."""
    kinds = ("command", "event")
    entries = (it for it in source.introspection if isinstance(it, dict))
    return {str(it["name"]) for it in entries if it["meta-type"] in kinds}


def _module(tree: Path, name: str, source: SourceSchema) -> Module:
    path = f"qapi/{name}.json"
    here = {it for it, place in source.definitions.items() if place.path.endswith(path)}
    names: dict[str, list[str]] = {"command": [], "event": []}
    for entry in source.introspection:
        if isinstance(entry, dict) and entry["name"] in here and entry["meta-type"] in names:
            names[str(entry["meta-type"])].append(str(entry["name"]))
    enums = read_enums((tree / path).read_text(encoding="utf-8"))
    return Module(tuple(sorted(names["command"])), tuple(sorted(names["event"])), enums)


def read_modules(root: Path) -> Modules:
    """Read the file in the repository at `root`.

    :raise MissingError: it is not there.
    :raise AuthorError: it is broken.
    """
    try:
        data = json.loads((root / _FILE).read_text(encoding="utf-8"))
        modules = {name: _read_module(it) for name, it in data["modules"].items()}
        return Modules(str(data["qemu"]), modules, _names(data["elsewhere"]))
    except OSError as error:
        message = f"no {_FILE}; `blockdoc schema --write --tree DIR` makes it"
        raise MissingError(message) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = "not a list of modules; `blockdoc schema --write --tree DIR` makes it"
        raise AuthorError(message, Place(_FILE, 1)) from error


def _read_module(data: Mapping[str, object]) -> Module:
    enums = data["enums"]
    if not isinstance(enums, dict):
        raise TypeError(enums)
    return Module(
        _names(data["commands"]),
        _names(data["events"]),
        {str(name): _names(values) for name, values in enums.items()},
    )


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(map(str, value))
