# SPDX-License-Identifier: GPL-2.0-or-later
"""Say whether a message fits the recorded one.

Members and types must be the same.  The elements of a list that have names are held
against those of the same name, all others against the recorded element they differ from
least.  Values are compared where they say what something is and not how far it is:
`TOLD`.  A member that only one of two releases has in its schema is no mistake:
`Tolerance`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from blockdoc.replay.shape import NOTHING, Shape
from blockdoc.transcript import Json

__all__ = ["At", "Misfit", "Tolerance", "fit"]

#: Members whose values are compared.
TOLD = frozenset(
    {"node-name", "drv", "qdev", "id", "device", "type", "ro", "removable", "persistent"}
    | {"recording", "tray_open", "tray-open", "guest", "class", "format"}
)
#: What names an element of a list, the first that all have.
NAMES = ("node-name", "qdev", "id", "device", "name", "qom-path", "capability")
ELIDED = "elided"
#: How much of a value is shown, in characters.
SHOWN = 60


@dataclass(frozen=True, slots=True)
class Misfit:
    """Where a message differs from the recorded one, and how."""

    pointer: str
    message: str


@dataclass(slots=True)
class Tolerance:
    """What may differ between the release that was recorded and the one that runs."""

    #: Whether the QEMU is of another series than the recorded one.
    newer: bool = False
    older: bool = False
    #: Whether the command was sent without an argument that this QEMU does not know.
    curtailed: bool = False
    #: What was let pass, in words.
    passed: set[str] = field(default_factory=set)

    def missing(self, name: str, value: Mapping[str, Json], at: "At") -> bool:
        """Say whether only the QEMU that was recorded can have a member."""
        now, then = at.now, at.then
        if not (self.older or self.newer) or not now.is_object:
            return False
        if then.is_object and name not in then.members(value):
            return False
        known = now.members(value)
        if name in known and not known[name].lacks_variant(value[name]):
            return False
        variant = "of that type " if name in known else ""
        self.passed.add(f"no member {variant}{name}")
        return True

    def gone(self, key: str, called: str, value: Mapping[str, Json], at: "At") -> bool:
        """Say whether this QEMU cannot list an element of that name."""
        if not (self.newer or self.older):
            return False
        if not at.now.members(value).get(key, NOTHING).lacks_value(called):
            return self.older and key == "capability"
        self.passed.add(f"no {key} {called}")
        return True

    def unexpected(self, name: str, value: Mapping[str, Json], then: Shape) -> bool:
        """Say whether the QEMU that was recorded could not have had a member."""
        if self.curtailed:
            return True
        other = self.newer or (self.older and then.is_object)
        if not other or (then.is_object and name in then.members(value)):
            return False
        self.passed.add(f"member {name}")
        return True


@dataclass(frozen=True, slots=True)
class At:
    """Where a value is, what the member is called, and what two schemas say of it."""

    pointer: str
    name: str = ""
    #: Of the QEMU that runs, and of the one that was recorded.
    now: Shape = NOTHING
    then: Shape = NOTHING

    def element(self, index: int) -> "At":
        """Return the place of an element of a list."""
        return At(f"{self.pointer}/{index}", self.name, self.now.element, self.then.element)


def fit(recorded: Json, actual: Json, tolerance: Tolerance, at: At) -> list[Misfit]:
    """List where `actual` does not fit; `at` is its place in the message."""
    return list(_fit(recorded, actual, at, tolerance))


def _fit(old: Json, new: Json, at: At, tolerance: Tolerance) -> Iterator[Misfit]:
    if isinstance(old, Mapping) and set(old) == {ELIDED}:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _members(old, new, at, tolerance)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _elements(old, new, at, tolerance)
    elif _kind(old) != _kind(new):
        what = f"recorded as {_kind(old)} {_shown(old)}, is {_kind(new)} {_shown(new)}"
        yield Misfit(at.pointer, what)
    elif _is_telling(at.name, old) and old != new and not _generated(old, new):
        yield Misfit(at.pointer, f"recorded as {_shown(old)}, is {_shown(new)}")


def _members(
    old: Mapping[str, Json], new: Mapping[str, Json], at: At, tolerance: Tolerance
) -> Iterator[Misfit]:
    now, then = at.now.members(old), at.then.members(old)
    for key, value in old.items():
        pointer = _step(at.pointer, key)
        if key in new:
            below = At(pointer, key, now.get(key, NOTHING), then.get(key, NOTHING))
            yield from _fit(value, new[key], below, tolerance)
        elif not tolerance.missing(key, old, at):
            yield Misfit(pointer, f"recorded as {_shown(value)}, is not there")
    for key, value in new.items():
        if key not in old and not tolerance.unexpected(key, new, at.then):
            yield Misfit(_step(at.pointer, key), f"is {_shown(value)}, was not recorded")


def _elements(
    old: list[Json], new: list[Json], at: At, tolerance: Tolerance
) -> Iterator[Misfit]:
    key = _common_name(old, new)
    if key:
        yield from _named(old, new, at, key, tolerance)
        return
    for index, value in enumerate(new):
        trials = [list(_fit(it, value, at.element(index), tolerance)) for it in old]
        if trials:
            yield from min(trials, key=len)
    if bool(old) is not bool(new):
        have = ("empty", "not empty")
        yield Misfit(at.pointer, f"recorded as {have[bool(old)]}, is {have[bool(new)]}")


def _named(
    old: Sequence[Any], new: Sequence[Any], at: At, key: str, tolerance: Tolerance
) -> Iterator[Misfit]:
    there = {it[key]: (index, it) for index, it in enumerate(new)}
    for index, value in enumerate(old):
        called, below = value[key], at.element(index)
        if called in there:
            _, found = there.pop(called)
            for it in _fit(value, found, replace(below, name=""), tolerance):
                yield Misfit(it.pointer, f"{it.message}; of {key} {called}")
        elif not called.startswith("#") and not tolerance.gone(key, called, value, below):
            yield Misfit(below.pointer, f"{key} {called} was recorded, is not there")
    for called, (index, _) in there.items():
        if not called.startswith("#") and key != "capability":
            message = f"{key} {called} is there, was not recorded"
            yield Misfit(at.element(index).pointer, message)


def _common_name(*lists: Sequence[Json]) -> str:
    """Find what tells the elements of lists apart, if anything does."""
    for key in NAMES:
        if all(_is_named(it, key) for it in lists) and any(lists):
            return key
    return ""


def _is_named(elements: Sequence[Json], key: str) -> bool:
    names = [it.get(key) if isinstance(it, Mapping) else None for it in elements]
    strings = [it for it in names if isinstance(it, str) and it]
    return len(set(strings)) == len(names)


def _kind(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "an object"


def _is_telling(name: str, value: Json) -> bool:
    """Say whether the value counts; numbers never do."""
    return name in TOLD and isinstance(value, str | bool)


def _generated(old: Json, new: Json) -> bool:
    """Say whether both are names that QEMU made up."""
    return all(isinstance(it, str) and it.startswith("#") for it in (old, new))


def _step(pointer: str, key: str | int) -> str:
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _shown(value: Json) -> str:
    text = str(value) if not isinstance(value, str) else repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
