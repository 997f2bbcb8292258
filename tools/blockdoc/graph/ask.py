# SPDX-License-Identifier: GPL-2.0-or-later
"""Answer questions to a picture: where a write goes, who stands in a parent's way.

``path``
    from a device, along the edges on which ``write`` is taken
``why_not``
    who uses a node, or what a new parent of it would have to use below, without sharing
    the permission in question; and which rule of the guide says so
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from blockdoc.errors import AuthorError
from blockdoc.graph.model import PERMISSIONS, Edge, Graph, Node, letters
from blockdoc.graph.picture import Picture
from blockdoc.graph.reasons import REASONS, Why, why
from blockdoc.graph.view import EdgeKey, Mark, View, edge_key

__all__ = ["Hindrance", "find", "only", "path", "why_not"]

#: A conflict: one parent takes what another of the same node does not share.
_CHANGING: Final = frozenset({"write", "write-unchanged", "resize"})


@dataclass(frozen=True, slots=True)
class Hindrance:
    """One reason why a permission cannot be had."""

    #: What it rests on.
    why: Why
    #: The edge that does not share, if it is an edge.
    edge: EdgeKey | None
    #: One sentence.
    message: str

    @property
    def rule(self) -> str:
        """Return the rule's id; empty if it has none."""
        return REASONS[self.why].rule

    def __str__(self) -> str:
        return f"{self.message} {REASONS[self.why]}."


def find(picture: Picture, name: str) -> Node:
    """Find a node or user by its name, its id, or the name that QEMU made up.

    :raise AuthorError: nothing, or more than one thing, has this name.
    """
    nodes = picture.graph.nodes
    found = [it for it in nodes if name in {it.name, it.id, picture.of(it.id).generated}]
    nearer = [it for it in found if it.kind in {"node", "filter"}]
    if len(found) == 1 or len(nearer) == 1:
        return found[0] if len(found) == 1 else nearer[0]
    if found:
        ids = ", ".join(sorted(it.id for it in found))
        raise AuthorError(f"{name}: {len(found)} things are called so; say which: {ids}")
    names = sorted(it.name for it in nodes)
    known = ", ".join(names[:_SOME]) + (" …" if len(names) > _SOME else "")
    raise AuthorError(f"{name}: nothing in the graph is called so; there are: {known}")


_SOME: Final = 12


def path(picture: Picture, name: str) -> View:
    """Mark where the writes of a device, or of any other user or node, go.

    An edge to another process is marked if the export that it leads to may write.

    :raise AuthorError: there is no such device.
    """
    top = _device(picture, name)
    marks: dict[str | EdgeKey, Mark] = {top.id: "path"}
    below = _below(picture.graph)
    near = [top.id]
    while near:
        for edge in below[near.pop()]:
            if "write" in edge.perm or (_crosses(edge) and _writes(below[edge.child])):
                marks[edge_key(edge)] = "path"
                if edge.child not in marks:
                    marks[edge.child] = "path"
                    near.append(edge.child)
    note = f"the writes of {top.title} go along the marked edges, on which write is taken."
    if len(marks) == 1:
        note = f"{top.title} takes no write on any edge, so it has no path of writes."
    return View(picture, marks, notes=(note,))


def _writes(edges: list[Edge]) -> bool:
    return any("write" in edge.perm for edge in edges)


def _device(picture: Picture, name: str) -> Node:
    """Prefer what holds a node over a node of the same name."""
    users = [
        it
        for it in picture.graph.nodes
        if it.kind in {"backend", "export"}
        and name in {it.name, it.id, picture.of(it.id).device}
    ]
    return users[0] if len(users) == 1 else find(picture, name)


def why_not(picture: Picture, permission: str, name: str) -> list[Hindrance]:
    """Say what keeps a new parent from taking a permission on a node; empty if nothing does.

    :param permission: QMP's name of it, or its letter.
    :raise AuthorError: there is no such node, or no such permission.
    """
    wanted = PERMISSIONS.get(permission, permission)
    if wanted not in PERMISSIONS.values():
        known = ", ".join(PERMISSIONS.values())
        raise AuthorError(f"{permission}: no permission; there are {known}")
    node = find(picture, name)
    if node.kind not in {"node", "filter"}:
        raise AuthorError(f"{name}: a permission is taken on a node, and this is a {node.kind}")
    return list(_hindrances(picture, wanted, node))


def _hindrances(picture: Picture, wanted: str, start: Node) -> Iterator[Hindrance]:
    """Look at a node, and at what it would pass the demand on to."""
    nodes = picture.graph.by_id()
    above, below = defaultdict(list), _below(picture.graph)
    for edge in picture.graph.edges:
        above[edge.child].append(edge)
    near: list[tuple[Node, EdgeKey | None]] = [(start, None)]
    seen = {start.id}
    while near:
        node, came = near.pop()
        yield from _own(picture, wanted, node)
        for edge in above[node.id]:
            if wanted not in edge.shared and edge_key(edge) != came and not _crosses(edge):
                yield _held(edge, nodes, wanted, _origin(edge, nodes, above, wanted))
        if wanted == "consistent-read" and _commits(node, above, nodes):
            continue
        for edge in below[node.id]:
            child = nodes[edge.child]
            if child.id not in seen and _passes_on(node, edge, wanted):
                seen.add(child.id)
                near.append((child, edge_key(edge)))


def _own(picture: Picture, wanted: str, node: Node) -> Iterator[Hindrance]:
    """Say what the node itself refuses."""
    if "ro" in node.flags and wanted in {"write", "write-unchanged"}:
        yield Hindrance("ro", None, f"{node.name} is read-only.")
    if "inactive" in picture.of(node.id).flags and wanted in _CHANGING:
        yield Hindrance("inactive", None, f"{node.name} is inactive.")


def _origin(
    edge: Edge, nodes: dict[str, Node], above: Mapping[str, list[Edge]], wanted: str
) -> Edge:
    """Follow a refusal upwards through what only passes it on."""
    seen: set[str] = set()
    while nodes[edge.parent].driver in _PASSES and edge.parent not in seen:
        seen.add(edge.parent)
        refusing = [it for it in above[edge.parent] if wanted not in it.shared]
        if not refusing:
            break
        edge = refusing[0]
    return edge


#: Drivers whose child shares what their parents share (bdrv_default_perms as a filter).
_PASSES: Final = frozenset({"throttle", "copy-on-read", "compress", "blkverify", "raw"})


def _held(edge: Edge, nodes: dict[str, Node], wanted: str, origin: Edge) -> Hindrance:
    parent, child = nodes[edge.parent], nodes[edge.child]
    message = (
        f"{_called(parent)} uses {child.name} as `{edge.role}` and does not share {wanted} "
        f"(takes {letters(edge.perm)}, shares {letters(edge.shared)})."
    )
    if origin is not edge:
        holder = nodes[origin.parent]
        message += (
            f" It passes on what {_called(holder)} refuses on {nodes[origin.child].name}."
        )
        return Hindrance(why(holder, origin), edge_key(edge), message)
    return Hindrance(why(parent, edge), edge_key(edge), message)


def _called(node: Node) -> str:
    if node.kind in {"node", "filter"}:
        return f"{'filter' if node.kind == 'filter' else 'node'} {node.name} ({node.driver})"
    return node.title + (f" ({node.driver})" if node.driver else "")


def _passes_on(node: Node, edge: Edge, wanted: str) -> bool:
    """Tell whether a node takes on a child what its parents take on it."""
    if _crosses(edge) or node.driver in _KEEPS:
        return False
    if node.kind == "filter" or node.driver == "raw":
        return edge.role in {"file", "backing"}
    if edge.role == "backing":  # it is only read
        return wanted == "consistent-read"
    return edge.role == "file" and wanted != "write-unchanged"


def _commits(node: Node, above: Mapping[str, list[Edge]], nodes: Mapping[str, Node]) -> bool:
    """Tell whether a node is the filter of an active commit, where reads are not passed on."""
    users = (nodes[edge.parent] for edge in above[node.id])
    return node.driver == "mirror_top" and any(
        (it.kind, it.driver) == ("job", "commit") for it in users
    )


#: Drivers that take nothing of their child, whatever their parents take.
_KEEPS: Final = frozenset({"commit_top", "snapshot-access"})


def _crosses(edge: Edge) -> bool:
    return edge.role == "nbd" and not edge.perm and not edge.shared


def only(picture: Picture, name: str) -> Picture:
    """Keep what a node or a user is connected with, upwards and downwards.

    :raise AuthorError: nothing has this name.
    """
    start = find(picture, name)
    above, below = defaultdict(list), defaultdict(list)
    for edge in picture.graph.edges:
        above[edge.child].append(edge.parent)
        below[edge.parent].append(edge.child)
    kept = _closure(start.id, above) | _closure(start.id, below)
    graph = picture.graph
    nodes = tuple(node for node in graph.nodes if node.id in kept)
    edges = tuple(edge for edge in graph.edges if {edge.parent, edge.child} <= kept)
    used = {picture.of(it).group for it in kept}
    groups = tuple(it for it in picture.groups if it.name.rpartition(":")[2] in used)
    return replace(picture, graph=Graph(nodes, edges), groups=groups)


def _closure(start: str, further: defaultdict[str, list[str]]) -> set[str]:
    seen, near = {start}, [start]
    while near:
        new = [it for it in further[near.pop()] if it not in seen]
        seen.update(new)
        near += new
    return seen


def _below(graph: Graph) -> defaultdict[str, list[Edge]]:
    found = defaultdict(list)
    for edge in graph.edges:
        found[edge.parent].append(edge)
    return found
