# SPDX-License-Identifier: GPL-2.0-or-later
"""Put the graphs of several machines into one, joined where one serves the other by NBD.

A node's name gets the machine's label in front: ``src:top``.  An ``nbd`` node and an
``nbd`` export of another machine are joined by an edge ``nbd`` if the client's export
name is the export's id or the name of its node, and only one export fits.  QEMU does
not tell an NBD server's address, nor an export's own name: the match is by name.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import unquote, urlsplit

from blockdoc.graph.model import Edge, Graph, Node, node_id
from blockdoc.graph.picture import Picture

__all__ = ["NBD", "join"]

#: Role of an edge that leaves its process.
NBD: Final = "nbd"


def join(pictures: Mapping[str, Picture]) -> Picture:
    """Put pictures into one; by label.  A single one without a label stays as it is."""
    if list(pictures) == [""]:
        return pictures[""]
    labelled = {label: _labelled(picture, label) for label, picture in pictures.items()}
    whole = Picture(
        Graph.of(
            [node for it in labelled.values() for node in it.graph.nodes],
            [edge for it in labelled.values() for edge in it.graph.edges],
        ),
        {key: value for it in labelled.values() for key, value in it.facts.items()},
        tuple(group for it in labelled.values() for group in it.groups),
        tuple(machine for it in labelled.values() for machine in it.machines),
    )
    return _connect(whole, labelled)


def _labelled(picture: Picture, label: str) -> Picture:
    """Put a label before every name."""
    new = {node.id: replace(node, name=f"{label}:{node.name}") for node in picture.graph.nodes}
    edges = [
        replace(edge, parent=new[edge.parent].id, child=new[edge.child].id)
        for edge in picture.graph.edges
    ]
    return Picture(
        Graph.of(new.values(), edges),
        {new[key].id: value for key, value in picture.facts.items()},
        tuple(replace(group, name=f"{label}:{group.name}") for group in picture.groups),
        tuple(replace(machine, label=label) for machine in picture.machines),
    )


def _connect(whole: Picture, parts: Mapping[str, Picture]) -> Picture:
    """Add the edges from NBD clients to the exports that fit."""
    offers = _offers(parts)
    facts = dict(whole.facts)
    edges = list(whole.graph.edges)
    for label, part in parts.items():
        for node in part.graph.nodes:
            wanted = _wanted(node, part)
            fitting = {it[1] for it in offers.get(wanted, ()) if wanted and it[0] != label}
            if len(fitting) == 1:
                edges.append(Edge(node.id, fitting.pop(), NBD))
                facts[node.id] = replace(part.of(node.id), matched=f"export name {wanted}")
    return replace(whole, graph=Graph.of(whole.graph.nodes, edges), facts=facts)


def _offers(parts: Mapping[str, Picture]) -> Mapping[str, list[tuple[str, str]]]:
    """List label and id of NBD exports, by the names that they may be asked for by."""
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for label, part in parts.items():
        exports = {it.id: it for it in part.graph.nodes if (it.kind, it.driver) == _SERVES}
        nodes = part.graph.by_id()
        for edge in part.graph.edges:
            if edge.parent in exports:
                for node in (exports[edge.parent], nodes[edge.child]):
                    found[node.name.removeprefix(f"{label}:")].append((label, edge.parent))
    return found


_SERVES: Final = ("export", "nbd")


def _wanted(node: Node, part: Picture) -> str:
    """Say which export an NBD node asks its server for."""
    if node.driver != "nbd" or node.id != node_id(node.kind, node.name):
        return ""
    try:
        return unquote(urlsplit(part.of(node.id).file).path.removeprefix("/"))
    except ValueError:
        return ""
