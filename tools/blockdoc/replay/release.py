# SPDX-License-Identifier: GPL-2.0-or-later
"""What another release than the recorded one can be told, and may answer."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from blockdoc.qemu import Build, schema_of
from blockdoc.replay.fit import Tolerance
from blockdoc.replay.recording import ROOT, Recording
from blockdoc.replay.shape import NOTHING, Shape
from blockdoc.schema import Array, Enum, Object, Schema
from blockdoc.schema.recorded import FOLDER, Recorded
from blockdoc.transcript.condition import Release

__all__ = ["Spoken", "tolerance"]


def tolerance(recording: Recording, build: Build) -> Tolerance:
    """Say what may differ in what `build` answers."""
    old = Release.parse(recording.qemu)[:2] if recording.qemu else build.release[:2]
    new = build.release[:2]
    return Tolerance(newer=new > old, older=new < old)


def _recorded_schema(recording: Recording, allowed: Tolerance) -> Schema | None:
    """Return the committed schema of the release that was recorded, if it matters."""
    if not allowed.newer and not allowed.older:
        return None
    file = ROOT / FOLDER / f"{Release.parse(recording.qemu).series}.txt"
    return _read(file) if file.is_file() else None


@cache
def _read(file: Path) -> Schema:
    return Recorded.parse(file.read_text(encoding="utf-8"), str(file)).system


class Spoken:
    """Leaves out of commands what an older QEMU does not know, and remembers it."""

    def __init__(self, recording: Recording, build: Build, allowed: Tolerance) -> None:
        self._schema: Schema = schema_of(build, "system")
        self._recorded = _recorded_schema(recording, allowed)
        self._allowed = allowed

    def knows(self, command: str) -> bool:
        """Say whether this QEMU has a command."""
        return command in self._schema.commands

    def arguments(self, command: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the arguments that this QEMU knows."""
        found = self._schema.commands.get(command)
        if not self._allowed.older or found is None or found.open or command == "device_add":
            return arguments
        pruned = self._prune(arguments, found.arg_type, command)
        return pruned if isinstance(pruned, Mapping) else arguments

    def returns(self, command: str) -> tuple[Shape, Shape]:
        """Return what a command returns: of this QEMU, and of the recorded one."""
        return _returned(self._schema, command), _returned(self._recorded, command)

    def tells(self, event: str) -> tuple[Shape, Shape]:
        """Return what the data of an event is: of this QEMU, and of the recorded one."""
        return _told(self._schema, event), _told(self._recorded, event)

    def _prune(self, value: Any, name: str, at: str) -> Any:  # noqa: ANN401 - JSON
        kind = self._schema.types.get(name)
        if isinstance(kind, Array) and isinstance(value, list):
            return [
                self._prune(it, kind.element, at)
                for it in value
                if not self._is_unknown(it, kind.element, at)
            ]
        if isinstance(kind, Object) and isinstance(value, Mapping):
            known = self._members(kind, value)
            for key in value.keys() - known.keys():
                self._allowed.passed.add(f"no argument {key} of {at}")
            return {
                key: self._prune(it, known[key], at)
                for key, it in value.items()
                if key in known
            }
        return value

    def _members(self, kind: Object, value: Mapping[str, Any]) -> dict[str, str]:
        found = {it.name: it.type for it in kind.members}
        variant = kind.variants.get(str(value.get(kind.tag or "")))
        if variant:
            found |= self._members(self._schema.object(variant), value)
        return found

    def _is_unknown(self, value: Any, name: str, at: str) -> bool:  # noqa: ANN401 - JSON
        """Say whether an element of a list names what this QEMU does not have."""
        kind = self._schema.types.get(name)
        if not isinstance(kind, Object) or not isinstance(value, Mapping) or kind.tag:
            return False
        for member in kind.members:
            enum = self._schema.types.get(member.type)
            told = value.get(member.name)
            if isinstance(enum, Enum) and isinstance(told, str) and enum.value(told) is None:
                self._allowed.passed.add(f"no {member.name} {told} of {at}")
                return True
        return False


def _returned(schema: Schema | None, command: str) -> Shape:
    found = schema.commands.get(command) if schema else None
    return Shape(schema, found.ret_type) if found else NOTHING


def _told(schema: Schema | None, event: str) -> Shape:
    found = schema.events.get(event) if schema else None
    return Shape(schema, found.arg_type) if found else NOTHING
