# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of a domain: its own, or that of the recordings in its folder."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from blockdoc.errors import AuthorError
from blockdoc.qemu import Build
from blockdoc.replay.places import Places
from blockdoc.replay.recording import RECORDED, ROOT, START, Item, Recording, read_recording
from blockdoc.transcript.condition import Release

__all__ = ["Domain", "domain_of"]

#: What a replay decides itself: monitors, accelerator, sandbox, displays, names of files.
LEFT_OUT = frozenset(
    {"-name", "-S", "-chardev", "-mon", "-sandbox", "-accel", "-display", "-nodefaults"}
    | {"-no-user-config", "-overcommit", "-msg", "-incoming", "-blockdev", "-qmp", "-add-fd"}
    | {"-netdev", "-enable-kvm"}
)
#: What changes how QEMU behaves later.
GREETING = frozenset({"migrate-set-capabilities", "block_set_io_throttle", "set-action"})
_BOARD = re.compile(r"\bpc-(q35|i440fx)-(\d+\.\d+)")
#: What stands for a secret: recordings hold none.
SECRET = "blockdoc"  # noqa: S105 - it protects nothing


@dataclass(frozen=True, slots=True)
class Domain:
    """How a domain is started."""

    #: Nodes by name, with the options of -blockdev.
    nodes: Mapping[str, Mapping[str, Any]]
    #: Devices with a drive, by id.
    disks: Mapping[str, Mapping[str, Any]]
    #: All else.
    options: tuple[tuple[Any, ...], ...]
    #: What libvirt says to each QEMU that it has started.
    start: tuple[Item, ...] = ()

    def ids(self) -> set[str]:
        """Return the ids of its objects."""
        found = (it[1] for it in self.options if len(it) > 1 and isinstance(it[1], Mapping))
        return {str(it.get("id")) for it in found}

    def buses(self) -> list[str]:
        """Return the hot-pluggable slots, in order."""
        return [
            str(it[1]["id"])
            for it in self.options
            if it[0] == "-device" and _is(it[1], "pcie-root-port")
        ]

    def taken(self) -> set[str]:
        """Return the buses that devices of its own are on."""
        devices = [it[1] for it in self.options if it[0] == "-device"]
        return {str(it.get("bus")) for it in devices if isinstance(it, Mapping)}

    def words(self, build: Build, places: Places) -> Iterator[str]:
        """Yield the command line but for nodes and their devices."""
        yield from ("-accel", "tcg")
        for option, *values in self.options:
            yield option
            for value in values:
                it = _secret(places.value(value))
                yield _board(it, build) if isinstance(it, str) else json.dumps(it)


def _is(value: object, driver: str) -> bool:
    return isinstance(value, Mapping) and value.get("driver") == driver


def _secret(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, Mapping) and value.get("qom-type") == "secret":
        return {"qom-type": "secret", "id": value["id"], "data": SECRET}
    return value


def _board(text: str, build: Build) -> str:
    """Name a board that this QEMU has: one of a later release is its newest."""
    found = _BOARD.search(text)
    if found and Release.parse(f"{found[2]}.0") > build.release:
        return text.replace(found[0], {"q35": "q35", "i440fx": "pc"}[found[1]])
    return text


def domain_of(recording: Recording) -> Domain:
    """Find how the domain of a recording is started.

    :raise AuthorError: nothing tells it.
    """
    own = _domain(recording) if recording.cmdline else None
    if own is not None and recording.items[0].command == "qmp_capabilities":
        return own
    if own is not None:  # it runs already, and what was loaded is loaded
        own = replace(own, options=tuple(it for it in own.options if it[0] != "-loadvm"))
    for folder in (recording.file.parent, RECORDED, ROOT / RECORDED):
        file = folder / START
        if file.is_file():
            other = _domain(read_recording(file))
            return other if own is None else replace(own, start=other.start)
    if own is not None:
        return own
    message = f'no "cmdline", and no {START} in the folder, which would tell how QEMU starts'
    raise AuthorError(message, recording.place)


def _domain(recording: Recording) -> Domain:
    lines = recording.cmdline
    nodes = {it[1]["node-name"]: it[1] for it in lines if it[0] == "-blockdev"}
    disks = {
        it[1]["id"]: it[1]
        for it in lines
        if it[0] == "-device" and isinstance(it[1], Mapping) and "drive" in it[1]
    }
    return Domain(
        nodes,
        disks,
        tuple(
            it
            for it in lines
            if it[0] not in LEFT_OUT
            and not (it[0] == "-device" and it[1] in disks.values())
            and not _is_monitor(it)
        ),
        tuple(it for it in recording.items if it.command in GREETING),
    )


def _is_monitor(line: tuple[Any, ...]) -> bool:
    value = line[1] if len(line) > 1 else None
    return isinstance(value, Mapping) and str(value.get("qom-type")).startswith("monitor")
