# SPDX-License-Identifier: GPL-2.0-or-later
"""A recorded conversation: one JSON file, as docs/tools/replay.md describes it.

::

    {"libvirt": "12.8.0", "qemu": "11.1.2", "operation": "virsh …",
     "cmdline": [["-machine", "…"], …],                 only where a domain starts
     "conversation": [
      {"dir": "->", "msg": {"execute": "…"}},           libvirt speaks
      {"dir": "<-", "msg": {"return": {}}, "to": "…"},  QEMU answers, or tells an event
      {"dir": "--", "note": "…"}],                      something outside libvirt
     "graph_before": {…}, "graph_after": {…}}
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blockdoc.errors import AuthorError, MissingError, Place

__all__ = ["Item", "Recording", "read_recording", "read_recordings"]

ARROWS = ("->", "<-", "--")
#: The file that tells how the domain of a folder of recordings is started.
START = "domain-start.json"
#: The repository, which has recordings and the schemas of releases.
ROOT = Path(__file__).resolve().parents[3]
#: Where it is looked for if the folder has none.
RECORDED = Path("examples/libvirt/recorded")


@dataclass(frozen=True, slots=True)
class Item:
    """One step of a conversation."""

    number: int
    place: Place
    arrow: str
    message: Mapping[str, Any]
    #: Which QEMU, where an operation ends one and starts another.
    monitor: int = 0
    #: What happened outside libvirt.
    note: str = ""

    @property
    def command(self) -> str:
        """The command that libvirt sends, or nothing."""
        return str(self.message.get("execute", "")) if self.arrow == "->" else ""

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The arguments of the command."""
        found = self.message.get("arguments") or {}
        return found if isinstance(found, Mapping) else {}

    @property
    def event(self) -> str:
        """The event that QEMU tells, or nothing."""
        return str(self.message.get("event", "")) if self.arrow == "<-" else ""

    @property
    def is_reply(self) -> bool:
        """Whether it answers a command."""
        return self.arrow == "<-" and "event" not in self.message


@dataclass(frozen=True, slots=True)
class Recording:
    """What is known of one recorded operation, as one QEMU saw it."""

    path: str
    file: Path
    qemu: str
    items: tuple[Item, ...]
    #: Option and value, as QEMU's command line has them.
    cmdline: tuple[tuple[Any, ...], ...]
    graph_before: Mapping[str, Any] | None = None
    graph_after: Mapping[str, Any] | None = None
    #: The summary of what libvirt sent, if the file has one.
    commands: tuple[str, ...] = ()
    drivers_after: Mapping[str, str] = field(default_factory=dict)
    #: src or dst, of a migration.
    side: str = ""
    #: Which libvirt spoke.
    libvirt: str = ""
    #: What the user typed.
    operation: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """The beginning of the file."""
        return Place(self.path, 1)

    def pairs(self) -> Iterator[tuple[Item, Item | None]]:
        """Yield each command with its reply."""
        waiting: dict[int, list[Item]] = {}
        replies: dict[int, Item] = {}
        for item in self.items:
            if item.command:
                waiting.setdefault(item.monitor, []).append(item)
            elif item.is_reply and waiting.get(item.monitor):
                replies[waiting[item.monitor].pop(0).number] = item
        for item in self.items:
            if item.command:
                yield item, replies.get(item.number)


def read_recordings(paths: Sequence[Path]) -> list[tuple[Recording, ...]]:
    """Read files and folders; the two sides of a migration come together.

    :raise AuthorError: one is not a recording.
    :raise MissingError: one does not exist.
    """
    files: list[Path] = []
    for path in paths:
        files += sorted(path.glob("*.json")) if path.is_dir() else [path]
    groups: dict[Path, list[Recording]] = {}
    for file in files:
        for it in _sides(file):
            group = groups.setdefault(_operation(it), [])
            if it not in [known.file for known in group]:
                group.append(read_recording(it))
    return [tuple({it.file: it for it in group}.values()) for group in groups.values()]


def _sides(file: Path) -> list[Path]:
    """Return a file, and that of the other side of a migration."""
    for side, other in ((".src", ".dst"), (".dst", ".src")):
        if file.stem.endswith(side):
            partner = file.with_name(f"{file.stem.removesuffix(side)}{other}.json")
            both = [file, partner] if partner.is_file() else [file]
            return sorted(both)
    return [file]


def _operation(file: Path) -> Path:
    name = file.stem
    for side in (".src", ".dst"):
        name = name.removesuffix(side)
    return file.with_name(name)


def read_recording(file: Path) -> Recording:
    """Read one file.

    :raise AuthorError: it is not a recording.
    :raise MissingError: it does not exist.
    """
    try:
        text = file.read_text()
    except FileNotFoundError as error:
        raise MissingError(f"{file}: no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise AuthorError(f"cannot be read: {error}", Place(str(file), 1)) from error
    try:
        data = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise AuthorError(f"not JSON: {error}", Place(str(file), line)) from error
    spoken = data.get("conversation") if isinstance(data, dict) else None
    if not isinstance(spoken, list) or not spoken:
        message = (
            'not a recording: no member "conversation" that is a list with something in it'
        )
        raise AuthorError(message, Place(str(file), 1))
    return _recording(file, text, data)


def _recording(file: Path, text: str, data: Mapping[str, Any]) -> Recording:
    lines = _lines(text, len(data["conversation"]))
    items = tuple(
        _item(number, Place(str(file), line), raw)
        for number, (line, raw) in enumerate(zip(lines, data["conversation"], strict=True), 1)
    )
    after = data.get("nodes_after") or ()
    try:
        return Recording(
            path=str(file),
            file=file,
            qemu=str(data.get("qemu", "")),
            items=items,
            cmdline=tuple(map(tuple, data.get("cmdline") or ())),
            graph_before=_graph(data.get("graph_before")),
            graph_after=_graph(data.get("graph_after")),
            commands=tuple(data.get("commands") or ()),
            drivers_after=dict(it.split(":", 1) for it in after),
            side=str(data.get("side", "")),
            libvirt=str(data.get("libvirt", "")),
            operation=_typed(data.get("operation") or []),
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise AuthorError(f"not a recording: {error}", Place(str(file), 1)) from error


def _typed(value: object) -> tuple[str, ...]:
    """Return the command lines of an operation: one, or a list of them."""
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _graph(value: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 - whatever stands there
    """Look whether a graph is one.

    :raise ValueError: it is none.
    """
    if value is None:
        return None
    try:
        known = {it["id"] for it in value["nodes"] if it["name"] is not None and it["type"]}
        for it in value["edges"]:
            if not {it["parent"], it["child"]} <= known:
                raise ValueError("an edge of a graph leads nowhere")
            frozenset(it["perm"]), frozenset(it["shared-perm"]), str(it["name"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"a graph without what a graph has: {error}") from error
    found: Mapping[str, Any] = value
    return found


def _lines(text: str, count: int) -> list[int]:
    """Return the line of each message; where they share lines, that of the list."""
    lines = text.split("\n")
    begin = next((i for i, it in enumerate(lines) if it.lstrip().startswith('"conv')), 0)
    found = [
        number
        for number, line in enumerate(lines[begin:], begin + 1)
        if line.lstrip().startswith('{"dir"')
    ]
    return found if len(found) == count else [begin + 1] * count


def _item(number: int, place: Place, raw: object) -> Item:
    if not isinstance(raw, dict) or raw.get("dir") not in ARROWS:
        raise AuthorError(f'step {number}: "dir" must be one of {", ".join(ARROWS)}', place)
    message = raw.get("msg", {})
    if not isinstance(message, dict):
        raise AuthorError(f'step {number}: "msg" must be an object', place)
    return Item(
        number, place, raw["dir"], message, int(raw.get("monitor", 0)), str(raw.get("note", ""))
    )
