# SPDX-License-Identifier: GPL-2.0-or-later
"""Make a picture of all that one QEMU answered.

========================== ============================================= =========
command                    gives                                         if absent
========================== ============================================= =========
x-debug-query-block-graph  nodes, users, edges, permissions              an error
query-named-block-nodes    driver, file, size, flags, bitmaps            nothing
query-block-jobs           type, progress, status of a block job         nothing
query-jobs                 jobs that use no node                         nothing
query-block-exports        whose a backend without a name is             nothing
query-block                device, I/O status, throttle group            nothing
throttle-groups            limits by group, put together from qom-get    nothing
query-version              the release                                   nothing
========================== ============================================= =========
"""

import json
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from blockdoc.errors import QemuError
from blockdoc.graph.model import Node
from blockdoc.graph.picture import Bitmap, Facts, Group, Machine, Picture
from blockdoc.graph.qmp import named_graph
from blockdoc.graph.words import legible

__all__ = ["GRAPH", "Answers", "picture_of"]

#: The command without whose answer there is no picture.
GRAPH = "x-debug-query-block-graph"
#: Answers by the name of the command.
Answers = Mapping[str, Any]

#: Filters that commit, mirror and stream mark implicit if nobody named them
#: (``implicit = true`` in block/commit.c, block/mirror.c, block/stream.c).
_IMPLICIT = frozenset({"commit_top", "mirror_top"})
_BITMAP_FLAGS = ("recording", "persistent", "busy", "inconsistent")


def picture_of(answers: Answers, source: str, *, consistent: bool = True) -> Picture:
    """Make the picture of one QEMU.

    :param source: where the answers are from, for messages.
    :raise QemuError: the answers are not what QEMU answers.
    """
    if GRAPH not in answers:
        raise QemuError(f"{source}: no answer to {GRAPH}, which the graph is made of")
    try:
        return _picture(answers, consistent=consistent)
    except QemuError as error:
        raise QemuError(f"{source}: {legible(str(error))}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = legible(f"{type(error).__name__}: {error}")
        message = f"{source}: not in the form in which QEMU answers its queries ({what})"
        raise QemuError(message) from None


def _picture(answers: Answers, *, consistent: bool) -> Picture:
    nodes = answers.get("query-named-block-nodes", [])
    jobs = answers.get("query-block-jobs", [])
    exports = answers.get("query-block-exports", [])
    graph, called = named_graph(answers[GRAPH], nodes, jobs, exports)
    raw = {entry["id"]: entry.get("name") or "" for entry in answers[GRAPH]["nodes"]}
    infos = {node["node-name"]: node for node in nodes}
    running = {job["device"]: job for job in jobs}
    devices = _devices(answers.get("query-block", []))
    facts: dict[str, Facts] = {}
    for key, node in called.items():
        if node.kind in {"node", "filter"}:
            facts[node.id] = _node(node, raw[key], infos.get(raw[key], {}))
        elif node.kind == "job":
            facts[node.id] = _job(running.get(raw[key], {}))
        elif node.kind == "backend":
            facts[node.id] = _backend(raw[key], devices.get(raw[key], {}))
    groups, nothing = answers.get("throttle-groups", {}), Facts()
    return Picture(
        graph,
        {key: value for key, value in facts.items() if value != nothing or value.generated},
        tuple(Group(name, _set(groups[name])) for name in sorted(groups)),
        (Machine("", _version(answers), consistent, _other_jobs(answers, running)),),
    )


def _node(node: Node, raw: str, info: Mapping[str, Any]) -> Facts:
    """Tell of a node; its ``ro`` is in the graph already."""
    unnamed = raw.startswith("#")
    file = _text(info.get("file"))
    bitmaps = info.get("dirty-bitmaps")
    return Facts(
        generated=raw if unnamed else "",
        file=_shown_file(file),
        size=_number((info.get("image") or {}).get("virtual-size")),
        flags=_flags(node, info, unnamed=unnamed),
        group=(node.driver == "throttle" and _throttle_group(file)) or _text(info.get("group")),
        bitmaps=tuple(sorted(map(_bitmap, bitmaps), key=_NAME)) if bitmaps else (),
    )


_NAME = attrgetter("name")


def _flags(node: Node, info: Mapping[str, Any], *, unnamed: bool) -> tuple[str, ...]:
    flags: tuple[str, ...] = ("inactive",) if info.get("active") is False else ()
    if info.get("encrypted") is True:
        flags += ("encrypted",)
    if unnamed:
        flags += ("unnamed", "implicit") if node.driver in _IMPLICIT else ("unnamed",)
    return flags


def _job(info: Mapping[str, Any]) -> Facts:
    state = _text(info.get("status"))
    if info.get("io-status", "ok") != "ok":
        state = f"{state}, I/O {info['io-status']}"
    return Facts(
        state=state,
        offset=_number(info.get("offset")),
        length=_number(info.get("len")),
    )


def _backend(raw: str, info: Mapping[str, Any]) -> Facts:
    inserted = info.get("inserted") or {}
    status = _text(info.get("io-status"))
    flags = [
        "locked" if info.get("locked") else "",
        "tray open" if info.get("tray_open") else "",
    ]
    return Facts(
        device=_text(info.get("qdev")) or (raw if raw.startswith("/") else ""),
        state="" if status in {"", "ok"} else f"I/O {status}",
        flags=tuple(filter(None, flags)),
        group=_text(inserted.get("group")),
    )


def _devices(answer: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Find what query-block says by the name that the graph has for a backend."""
    return {entry.get("device") or entry.get("qdev", ""): entry for entry in answer}


def _other_jobs(
    answers: Answers, running: Mapping[str, Any]
) -> tuple[tuple[str, str, str], ...]:
    others = (job for job in answers.get("query-jobs", ()) if job["id"] not in running)
    return tuple(sorted((job["id"], job["type"], job["status"]) for job in others))


def _bitmap(info: Mapping[str, Any]) -> Bitmap:
    flags = tuple(flag for flag in _BITMAP_FLAGS if info.get(flag))
    return Bitmap(_text(info.get("name")), info["granularity"], info["count"], flags)


def _shown_file(file: str) -> str:
    """Leave out what only repeats the graph: QEMU's ``json:`` for whole subtrees."""
    return "" if file.startswith("json:") else file


def _throttle_group(file: str) -> str:
    """Take a throttle filter's group from its ``json:`` file name; nothing else tells it."""
    if not file.startswith("json:"):
        return ""
    try:
        options = json.loads(file.removeprefix("json:"))
    except (ValueError, RecursionError):
        return ""
    return _text(options.get("throttle-group")) if isinstance(options, dict) else ""


def _set(limits: Mapping[str, Any]) -> dict[str, int]:
    """Keep the limits that limit something."""
    plain = {name: int(value) for name, value in sorted(limits.items()) if value}
    return {k: v for k, v in plain.items() if not (k.endswith("-length") and v == 1)}


def _version(answers: Answers) -> str:
    qemu = answers.get("query-version", {}).get("qemu", {})
    return ".".join(str(qemu[part]) for part in ("major", "minor", "micro") if part in qemu)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
