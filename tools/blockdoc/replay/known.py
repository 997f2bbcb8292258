# SPDX-License-Identifier: GPL-2.0-or-later
"""What a recording tells of nodes that it does not make itself.

::

    graph_before                       which nodes and backends there are, and who has whom
    query-named-block-nodes            driver, file, size, bitmaps, snapshots
    query-block                        limits of a device
    nodes_after                        drivers of those that are still there at the end
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from blockdoc.replay.recording import Item, Recording

__all__ = ["Known", "Link", "NodeFacts", "actions", "adds"]

NodeFacts = Mapping[str, Any]
#: Jobs that reopen nodes, and what puts nodes above others.
CHANGES = ("block-commit", "block-stream", "blockdev-mirror", "transaction")
NODE_KINDS = ("block-driver",)


@dataclass(frozen=True, slots=True)
class Link:
    """An edge of the graph before."""

    parent: str
    child: str
    role: str
    perm: frozenset[str]
    shared: frozenset[str]


class Known:
    """One recording, asked about what was there before."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        first = recording.items[0] if recording.items else None
        #: Whether libvirt has just started the domain: there is no graph before then.
        self.is_new = first is not None and first.command == "qmp_capabilities"

    @cached_property
    def graph(self) -> Mapping[str, Any] | None:
        """The graph before, or what stands for it; nothing if the command line has all."""
        if not self.is_new:
            return self.recording.graph_before
        for item, reply in self.recording.pairs():
            if item.command == "query-named-block-nodes" and not self.recording.cmdline:
                return _graph_of(list(_told(reply.message.get("return") if reply else None)))
            if item.command in {"blockdev-add", "blockdev-del", "transaction"}:
                break
        return None

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """The nodes that were there, by name."""
        return tuple(it["name"] for it in self._vertices if it["type"] in NODE_KINDS)

    @property
    def _vertices(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = self.graph["nodes"] if self.graph else []
        return found

    @cached_property
    def backends(self) -> tuple[str, ...]:
        """The backends of devices, as the graph calls them."""
        return tuple(it["name"] for it in self._vertices if it["type"] == "block-backend")

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Who has whom."""
        names = {it["id"]: it["name"] for it in self._vertices}
        return tuple(
            Link(
                names[it["parent"]],
                names[it["child"]],
                it["name"],
                frozenset(it["perm"]),
                frozenset(it["shared-perm"]),
            )
            for it in (self.graph["edges"] if self.graph else ())
        )

    def children(self, parent: str) -> dict[str, Link]:
        """Return the edges below a node or backend, by role."""
        return {it.role: it for it in self.links if it.parent == parent}

    def parents(self, child: str) -> list[Link]:
        """Return the edges above a node."""
        return [it for it in self.links if it.child == child]

    @cached_property
    def facts(self) -> dict[str, NodeFacts]:
        """What QEMU told first of each node."""
        found: dict[str, NodeFacts] = {}
        for _, reply in self.recording.pairs():
            for it in _told(reply.message.get("return") if reply else None):
                found.setdefault(it["node-name"], it)
        return found

    @cached_property
    def facts_before(self) -> dict[str, NodeFacts]:
        """What QEMU told of nodes before the conversation added one of that name.

        If it was asked later only, some of it has come about since.
        """
        found: dict[str, NodeFacts] = {}
        added: set[str] = set()
        bitmaps: set[tuple[str, str]] = set()
        done = False
        for item, reply in self.recording.pairs():
            if item.command == "blockdev-add":
                added.add(str(item.arguments.get("node-name")))
            for _, command, arguments in actions_of(item):
                if command == "block-dirty-bitmap-add":
                    bitmaps.add((str(arguments.get("node")), str(arguments.get("name"))))
            done |= item.command in CHANGES
            for it in _told(reply.message.get("return") if reply else None):
                if it["node-name"] not in added:
                    found.setdefault(
                        it["node-name"], self._earlier(it, bitmaps) if done else it
                    )
        return found

    def _earlier(self, told: NodeFacts, bitmaps: set[tuple[str, str]]) -> NodeFacts:
        """Undo what a conversation has changed: the mode, and bitmaps that it has made."""
        earlier = dict(told)
        node = str(told["node-name"])
        if used := [*self.children(node).values()] or self.parents(node):
            earlier["ro"] = not any("write" in it.perm for it in used)
        if "dirty-bitmaps" in told:
            earlier["dirty-bitmaps"] = [
                it for it in told["dirty-bitmaps"] if (node, str(it.get("name"))) not in bitmaps
            ]
        return earlier

    def has_own_data_file(self, node: str) -> bool:
        """Say whether QEMU opened a data file because the image names one."""
        for graph in (self.recording.graph_before, self.recording.graph_after):
            names = {it["id"]: str(it["name"]) for it in (graph or {}).get("nodes", ())}
            for it in (graph or {}).get("edges", ()):
                opened = it["name"] == "data-file" and names[it["child"]].startswith("#")
                if opened and names[it["parent"]] == node:
                    return True
        return False

    def image(self, node: str) -> Mapping[str, Any]:
        """Return what QEMU told of the image of a node, or nothing."""
        found: Mapping[str, Any] = self.facts.get(node, {}).get("image") or {}
        return found

    @cached_property
    def accessed(self) -> list[str]:
        """The devices that the guest had read from or written to."""
        found: dict[str, None] = {}
        for _, reply in self.recording.pairs():
            for it in _list(reply.message.get("return") if reply else None):
                if it.get("qdev") and "idle_time_ns" in (it.get("stats") or {}):
                    found[it["qdev"]] = None
        return list(found)

    @cached_property
    def limited(self) -> dict[str, Mapping[str, Any]]:
        """The devices that are throttled, and how."""
        found: dict[str, Mapping[str, Any]] = {}
        for item, reply in self.recording.pairs():
            if item.command == "block_set_io_throttle":
                break
            for it in _list(reply.message.get("return") if reply else None):
                inserted = it.get("inserted")
                if isinstance(inserted, Mapping) and "group" in inserted and it.get("qdev"):
                    found.setdefault(it["qdev"], inserted)
        return found


def _graph_of(nodes: list[NodeFacts]) -> Mapping[str, Any] | None:
    """Make a graph of what QEMU tells of its nodes, without backends and permissions."""
    if not nodes or any("children" not in it for it in nodes):
        return None
    numbers = {it["node-name"]: number for number, it in enumerate(nodes)}
    return {
        "nodes": [
            {"id": number, "name": name, "type": "block-driver"}
            for name, number in numbers.items()
        ],
        "edges": [
            {
                "parent": numbers[it["node-name"]],
                "child": numbers[child["node-name"]],
                "name": child["child"],
                "perm": [],
                "shared-perm": [],
            }
            for it in nodes
            for child in it["children"]
            if child.get("node-name") in numbers and "child" in child
        ],
    }


def _list(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from (it for it in value if isinstance(it, Mapping))


def _told(value: object) -> Iterator[NodeFacts]:
    """Yield what a reply tells of nodes, whichever query it answers."""
    for it in _list(value):
        inserted = it.get("inserted")
        for found in (it, inserted if isinstance(inserted, Mapping) else {}):
            if "node-name" in found and "drv" in found:
                yield found


def adds(recording: Recording) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the nodes that the conversation opens: number of the step, and options."""
    for item, reply in recording.pairs():
        if item.command == "blockdev-add" and (not reply or "error" not in reply.message):
            yield item.number, item.arguments


def actions(recording: Recording) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    """Yield all commands, those within transactions too: step, name, arguments."""
    for item in recording.items:
        yield from actions_of(item)


def actions_of(item: Item) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
    """Yield the command of a step, or those within a transaction."""
    if item.command == "transaction":
        for it in item.arguments.get("actions") or ():
            yield item.number, str(it.get("type")), it.get("data") or {}
    elif item.command:
        yield item.number, item.command, item.arguments
