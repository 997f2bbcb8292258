# SPDX-License-Identifier: GPL-2.0-or-later
"""Make the graph of what QEMU answered.

::

    x-debug-query-block-graph ──► vertices, edges, roles, permissions
    query-named-block-nodes   ──► driver, ro
    query-block-jobs          ──► type of a job          ──► names ──► Graph
    query-block-exports       ──► whose a backend is

The answers hold ids and generated names (``#block181``) that differ from run to
run.  Nothing of them enters: :mod:`blockdoc.graph._naming` finds names that stay.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from blockdoc.errors import QemuError
from blockdoc.graph._naming import name_vertices
from blockdoc.graph._vertices import Link, Vertex, permissions
from blockdoc.graph.model import Edge, Graph, Kind, Node

__all__ = ["FILTERS", "graph_from_qmp", "named_graph"]

#: Drivers that QEMU marks with ``is_filter``.
FILTERS: Final = frozenset(
    {
        "blkdebug",
        "blklogwrites",
        "blkreplay",
        "blkverify",
        "commit_top",
        "compress",
        "copy-before-write",
        "copy-on-read",
        "mirror_top",
        "preallocate",
        "replication",
        "throttle",
    },
)

_Answer = Mapping[str, Any]
_KINDS: Final[dict[str, Kind]] = {
    "block-backend": "backend",
    "block-job": "job",
    "block-driver": "node",
}
_DEVICES: Final = ("/machine/peripheral/", "/machine/peripheral-anon/")


def graph_from_qmp(
    block_graph: _Answer,
    nodes: Sequence[_Answer],
    jobs: Sequence[_Answer],
    exports: Sequence[_Answer],
) -> Graph:
    """Make the canonical graph of four answers that were given at the same moment.

    :param block_graph: what ``x-debug-query-block-graph`` returns: the nodes, their users
        and the edges with their permissions (``xdbg_graph_add_node()`` in QEMU's block.c).
    :param nodes: ``query-named-block-nodes``, with ``flat``: the driver, and ``ro``.
    :param jobs: ``query-block-jobs``: the types of jobs.
    :param exports: ``query-block-exports``: what a backend without a name belongs to.
    :raise QemuError: an edge leads to a node that is not there: they are of two moments.
    """
    return named_graph(block_graph, nodes, jobs, exports)[0]


def named_graph(
    block_graph: _Answer,
    nodes: Sequence[_Answer],
    jobs: Sequence[_Answer],
    exports: Sequence[_Answer],
) -> tuple[Graph, dict[int, Node]]:
    """Make the canonical graph, and say which node each of QEMU's numbers has become."""
    drivers = {node["node-name"]: node for node in nodes}
    types = {job["device"]: job["type"] for job in jobs}
    vertices = [_vertex(entry, drivers, types) for entry in block_graph["nodes"]]
    links = [_link(entry) for entry in block_graph["edges"]]
    _check(vertices, links)
    called = name_vertices(vertices, links, exports)
    edges = {
        Edge(called[link.parent].id, called[link.child].id, link.role, link.perm, link.shared)
        for link in links
    }
    return Graph.of(called.values(), edges), called


def _vertex(entry: _Answer, drivers: Mapping[str, _Answer], types: Mapping[str, str]) -> Vertex:
    """Read a node of the graph, with what the other answers say of it."""
    kind = _KINDS[entry["type"]]
    raw = entry.get("name") or ""
    if kind != "node":
        driver = types.get(raw, "") if kind == "job" else ""
        return Vertex(entry["id"], kind, _device(raw), raw, driver)
    node = drivers.get(raw, {})
    driver = node.get("drv", "")
    name = "" if raw.startswith("#") else raw
    flags = ("ro",) if node.get("ro") else ()
    return Vertex(
        entry["id"], "filter" if driver in FILTERS else "node", name, raw, driver, flags
    )


def _device(path: str) -> str:
    """Call a device by its id, where QEMU gives its place among all objects."""
    for prefix in _DEVICES:
        if path.startswith(prefix):
            return path.removeprefix(prefix).removesuffix("/virtio-backend")
    return path


def _link(entry: _Answer) -> Link:
    return Link(
        entry["parent"],
        entry["child"],
        entry["name"],
        permissions(entry["perm"]),
        permissions(entry["shared-perm"]),
    )


def _check(vertices: Sequence[Vertex], links: Sequence[Link]) -> None:
    """Refuse an answer whose edges lead nowhere."""
    known = {vertex.key for vertex in vertices}
    for link in links:
        if link.parent not in known or link.child not in known:
            message = (
                f"x-debug-query-block-graph shows an edge `{link.role}` from {link.parent} to "
                f"{link.child}, but not both nodes; take the answers again"
            )
            raise QemuError(message)
