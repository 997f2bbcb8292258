# SPDX-License-Identifier: GPL-2.0-or-later
"""A picture as JSON, and back: the dump that is saved, sent and compared.

``nodes`` and ``edges`` are those of x-debug-query-block-graph (``id``, ``type``, ``name``;
``parent``, ``child``, ``name``, ``perm``, ``shared-perm``), numbered in canonical order;
whatever reads QEMU's answer reads this.  More stands beside them; docs/tools/graph.md
says what each member means.  ``VERSION`` grows when a member changes its meaning or
goes away; new members come without.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final, get_args

from blockdoc.errors import AuthorError
from blockdoc.graph.model import PERMISSIONS, Edge, Graph, Kind, Node
from blockdoc.graph.picture import Bitmap, Facts, Group, Machine, Picture
from blockdoc.graph.view import View

__all__ = ["MARK", "VERSION", "from_json", "to_json", "view_json"]

#: What the member ``schema`` of each dump is.
MARK: Final = "blockdoc-graph"
#: What the member ``version`` is.
VERSION: Final = 1

_TYPE: Final[dict[Kind, str]] = {
    "node": "block-driver",
    "filter": "block-driver",
    "backend": "block-backend",
    "export": "block-backend",
    "job": "block-job",
}


def to_json(picture: Picture, *, generated: bool = False) -> dict[str, Any]:
    """Write a picture as what ``json.dumps`` takes.

    :param generated: name nodes by the names that QEMU made up for this run as well.
    """
    graph = picture.graph
    number = {node.id: place for place, node in enumerate(graph.nodes, 1)}
    return {
        "schema": MARK,
        "version": VERSION,
        "machines": [_machine(machine) for machine in picture.machines],
        "nodes": [
            {"id": number[node.id], **_node(node, picture.of(node.id), generated=generated)}
            for node in graph.nodes
        ],
        "edges": [_edge(edge, number) for edge in graph.edges],
        "throttle-groups": [
            {"name": group.name, "limits": dict(group.limits)} for group in picture.groups
        ],
    }


def view_json(view: View, *, generated: bool = False) -> dict[str, Any]:
    """Write a view: its picture, and `mark` where something is marked."""
    plain = to_json(view.picture, generated=generated)
    items: list[Node | Edge] = [*view.picture.graph.nodes, *view.picture.graph.edges]
    for entry, item in zip([*plain["nodes"], *plain["edges"]], items, strict=True):
        if mark := view.mark(item):
            entry["mark"] = mark
    return plain


def from_json(data: Mapping[str, Any], source: str) -> Picture:
    """Read a picture.

    :raise AuthorError: another version, or not in this form.
    """
    if data.get("version") != VERSION:
        message = f"{source}: version {data.get('version')} of the dump, this reads {VERSION}"
        raise AuthorError(f"{message}; save it again, or take a newer blockdoc")
    try:
        return _picture(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"{source}: not a whole dump ({type(error).__name__}: {error}); save it again"
        raise AuthorError(message) from None


def _machine(machine: Machine) -> dict[str, Any]:
    jobs = [dict(zip(("id", "type", "status"), job, strict=True)) for job in machine.jobs]
    return {
        "label": machine.label,
        "qemu": machine.qemu,
        "consistent": machine.consistent,
        "other-jobs": jobs,
    }


def _node(node: Node, facts: Facts, *, generated: bool) -> dict[str, Any]:
    made_up = "unnamed" in facts.flags
    known = {
        key.replace("_", "-"): value
        for key, value in asdict(facts).items()
        if value not in ("", None, ()) and key not in {"generated", "flags", "bitmaps"}
    }
    if facts.bitmaps:
        known["bitmaps"] = [_bitmap(bitmap) for bitmap in facts.bitmaps]
    return {
        "type": _TYPE[node.kind],
        "name": facts.generated if generated and made_up else node.name,
        "title": node.name,
        "kind": node.kind,
        "driver": node.driver,
        "flags": [*node.flags, *facts.flags],
        **known,
    }


def _bitmap(bitmap: Bitmap) -> dict[str, Any]:
    return {**asdict(bitmap), "flags": list(bitmap.flags)}


def _edge(edge: Edge, number: Mapping[str, int]) -> dict[str, Any]:
    return {
        "name": edge.role,
        "parent": number[edge.parent],
        "child": number[edge.child],
        "perm": _ordered(edge.perm),
        "shared-perm": _ordered(edge.shared),
    }


def _ordered(permissions: Iterable[str]) -> list[str]:
    held = set(permissions)
    return [name for name in PERMISSIONS.values() if name in held]


def _picture(data: Mapping[str, Any]) -> Picture:
    nodes = {entry["id"]: _read_node(entry) for entry in data["nodes"]}
    facts = {
        nodes[entry["id"]].id: _read_facts(entry, nodes[entry["id"]]) for entry in data["nodes"]
    }
    _distinct([node.id for node in nodes.values()], len(data["nodes"]))
    edges = [
        Edge(
            nodes[entry["parent"]].id,
            nodes[entry["child"]].id,
            _str(entry["name"]),
            _permissions(entry["perm"]),
            _permissions(entry["shared-perm"]),
        )
        for entry in data["edges"]
    ]
    groups = [(_str(it["name"]), it["limits"]) for it in data.get("throttle-groups", ())]
    return Picture(
        Graph.of(nodes.values(), edges),
        {key: value for key, value in facts.items() if value != Facts() or value.generated},
        tuple(Group(name, {str(k): int(v) for k, v in it.items()}) for name, it in groups),
        tuple(map(_read_machine, data["machines"])),
    )


def _distinct(ids: list[str], expected: int) -> None:
    if len(set(ids)) != expected:
        raise ValueError("two nodes have the same kind and title")


def _read_node(entry: Mapping[str, Any]) -> Node:
    if entry["kind"] not in get_args(Kind):
        raise ValueError(f"kind {entry['kind']!r}")
    flags = tuple(flag for flag in entry["flags"] if flag == "ro")
    return Node(entry["kind"], _str(entry["title"]), _str(entry["driver"]), flags)


def _read_facts(entry: Mapping[str, Any], node: Node) -> Facts:
    words = ("file", "device", "state", "group", "matched")
    flags = tuple(_str(flag) for flag in entry["flags"] if flag != "ro")
    name = _str(entry["name"])
    return Facts(
        generated=name if "unnamed" in flags and name != node.name else "",
        size=_maybe(entry.get("size")),
        offset=_maybe(entry.get("offset")),
        length=_maybe(entry.get("length")),
        flags=flags,
        bitmaps=tuple(
            Bitmap(
                _str(it["name"]), int(it["granularity"]), int(it["count"]), _all(it["flags"])
            )
            for it in entry.get("bitmaps", ())
        ),
        **{word: _str(entry.get(word, "")) for word in words},
    )


def _read_machine(entry: Mapping[str, Any]) -> Machine:
    jobs = [(it["id"], it["type"], it["status"]) for it in entry.get("other-jobs", ())]
    label, qemu = _str(entry["label"]), _str(entry["qemu"])
    return Machine(label, qemu, bool(entry["consistent"]), tuple(jobs))


def _permissions(names: Iterable[str]) -> frozenset[str]:
    return frozenset(PERMISSIONS.values()).intersection(_all(names))


def _all(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(_str(name) for name in names)


def _str(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} where a text belongs")
    return value


def _maybe(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
