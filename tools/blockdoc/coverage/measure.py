# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds what examples use against what the block layer offers.

What it offers is what the newest release has of the names that the block layer's QAPI
modules define; the modules are those of a source tree, which may be older.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blockdoc.coverage.uses import uses
from blockdoc.lint.protocol import ERROR_CLASSES
from blockdoc.schema import Enum

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from blockdoc.example import Example
    from blockdoc.schema.modules import Modules
    from blockdoc.schema.recorded import Recorded

__all__ = ["Coverage", "Group", "measure"]

#: What is shown first, of all enumerations.
FIRST = ("JobType", "JobStatus", "JobVerb", "BlockdevDriver", "BlockExportType")


@dataclass(frozen=True, slots=True)
class Group:
    """Things of one sort, and the steps that use each."""

    #: ``commands``, ``events``, or the name of an enumeration.
    name: str
    #: By name, in the order of the schema; no steps where nothing uses it.
    steps: Mapping[str, tuple[str, ...]]

    @property
    def used(self) -> list[str]:
        """What some step uses."""
        return [name for name, steps in self.steps.items() if steps]

    @property
    def unused(self) -> list[str]:
        """What no step uses."""
        return [name for name, steps in self.steps.items() if not steps]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the examples exercise."""

    #: The release whose schema is the measure.
    version: str
    #: The release whose modules say what belongs to the block layer.
    modules: str
    groups: tuple[Group, ...]
    #: What QEMU says when it refuses, and the steps that show it.
    errors: Mapping[str, tuple[str, ...]]
    #: Commands and events of the release that are in no module, because they are newer.
    unlisted: tuple[str, ...]


def measure(examples: Iterable[Example], newest: Recorded, modules: Modules) -> Coverage:
    """Say what the examples exercise of the block layer."""
    schema = newest.system
    steps: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for example in examples:
        for use in uses(example, schema):
            steps[use.group, use.name].append(use.step)

    def group(name: str, offered: Iterable[str]) -> Group:
        found = {it: tuple(dict.fromkeys(steps[name, it])) for it in offered}
        return Group(name, found)

    enums = [name for name in modules.enums if isinstance(schema.types.get(name), Enum)]
    order = sorted({*enums, "JobVerb"} - {*FIRST})
    _count_verbs(steps, modules.enums.get("JobVerb", ()))
    errors = {name: ids for (of, name), ids in steps.items() if of == "errors"}
    return Coverage(
        newest.version,
        modules.qemu,
        (
            group("commands", [it for it in modules.commands if it in schema.commands]),
            group("events", [it for it in modules.events if it in schema.events]),
            *(group(it, modules.values(it, schema)) for it in (*FIRST, *order)),
            group("QapiErrorClass", ERROR_CLASSES),
        ),
        {name: tuple(dict.fromkeys(errors[name])) for name in sorted(errors)},
        _unlisted([*schema.commands, *schema.events], modules),
    )


def _count_verbs(
    steps: defaultdict[tuple[str, str], list[str]], verbs: Collection[str]
) -> None:
    """Count a command for its verb, which QMP never names."""
    for verb in verbs:
        for command in (f"job-{verb}", f"block-job-{verb}"):
            steps["JobVerb", verb] += steps["commands", command]


def _unlisted(names: Iterable[str], modules: Modules) -> tuple[str, ...]:
    known = {*modules.commands, *modules.events, *modules.elsewhere}
    return tuple(sorted(set(names) - known))
