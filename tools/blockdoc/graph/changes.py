# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare two pictures: what was added, removed, changed, in sentences and in one view.

::

    A ──┐                         ┌── changes: one sentence each
        ├── by id, by role ───────┤
    B ──┘                         └── view: all of both, with a mark on what differs
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, Literal

from blockdoc.graph.model import Edge, Graph, Node, letters
from blockdoc.graph.picture import Bitmap, Facts, Picture
from blockdoc.graph.view import EdgeKey, Mark, View, edge_key
from blockdoc.graph.words import bitmap, marked, size, what

__all__ = ["Change", "changes", "difference"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs between two pictures."""

    kind: Literal["added", "removed", "changed"]
    #: ``Node.id``, or parent, role and child of an edge.
    subject: str | EdgeKey
    #: What it is called: ``node top``, ``edge top → base (backing)``.
    title: str
    #: What it was, or is; ``was → is``.
    detail: str

    def __str__(self) -> str:
        return f"{self.kind} {self.title}{f': {self.detail}' if self.detail else ''}"


def changes(old: Picture, new: Picture) -> tuple[Change, ...]:
    """List what differs: nodes first, in canonical order of what there is now."""
    return (*_nodes(old, new), *_edges(old, new))


def difference(old: Picture, new: Picture) -> View:
    """Show both pictures as one, and mark what differs."""
    found = changes(old, new)
    marks: dict[str | EdgeKey, Mark] = {it.subject: it.kind for it in found}
    nodes = {**old.graph.by_id(), **new.graph.by_id()}
    edges = {edge_key(it): it for it in (*old.graph.edges, *new.graph.edges)}
    picture = replace(
        new,
        graph=Graph.of(nodes.values(), edges.values()),
        facts={**old.facts, **new.facts},
    )
    return View(picture, marks, notes=tuple(map(str, found)) or ("nothing differs.",))


def _nodes(old: Picture, new: Picture) -> Iterator[Change]:
    before, after = old.graph.by_id(), new.graph.by_id()
    for key, node in before.items():
        if key not in after:
            yield Change("removed", key, _called(node), what(node, old.of(key)))
    for key, node in after.items():
        if key not in before:
            yield Change("added", key, _called(node), what(node, new.of(key)))
        elif details := [*_node(before[key], node), *_facts(old.of(key), new.of(key))]:
            yield Change("changed", key, _called(node), "; ".join(details))


def _node(old: Node, new: Node) -> Iterator[str]:
    for word, was, now in (
        ("kind", old.kind, new.kind),
        ("driver", old.driver, new.driver),
        ("flags", ", ".join(old.flags), ", ".join(new.flags)),
    ):
        if was != now:
            yield _turned(word, was, now)


_PLAIN: Final = [field.name for field in fields(Facts) if field.compare]


def _facts(old: Facts, new: Facts) -> Iterator[str]:
    for name in _PLAIN:
        was, now = getattr(old, name), getattr(new, name)
        if was == now:
            continue
        if name == "bitmaps":
            yield from _bitmaps(was, now)
        elif name in _BYTES:
            yield _turned(name, *_sizes(was, now))
        elif name == "flags":
            yield _turned(name, ", ".join(was), ", ".join(now))
        else:
            yield _turned(name, str(was or ""), str(now or ""))


_BYTES: Final = frozenset({"size", "offset", "length"})


def _sizes(was: int | None, now: int | None) -> tuple[str, str]:
    """Say two sizes in short, or exactly if that would make them alike."""
    short = ["" if it is None else size(it) for it in (was, now)]
    exact = ["" if it is None else f"{it} bytes" for it in (was, now)]
    old, new = exact if short[0] == short[1] else short
    return old, new


def _bitmaps(was: Sequence[Bitmap], now: Sequence[Bitmap]) -> Iterator[str]:
    """Say which bitmaps came, went, or are otherwise now."""
    old, new = list(was), list(now)
    for it in was:
        if it in new:
            new.remove(it)
            old.remove(it)
    for it in old:
        same = next((other for other in new if other.name == it.name), None)
        if same is None:
            yield f"no more {bitmap(it)}"
        else:
            new.remove(same)
            yield _turned("", bitmap(it), marked(same))
    yield from (f"new {bitmap(it)}" for it in new)


def _edges(old: Picture, new: Picture) -> Iterator[Change]:
    before = {edge_key(edge): edge for edge in old.graph.edges}
    after = {edge_key(edge): edge for edge in new.graph.edges}
    nodes = {**old.graph.by_id(), **new.graph.by_id()}
    for key, edge in before.items():
        if key not in after:
            yield Change("removed", key, _arrow(edge, nodes), _demands(edge))
    for key, edge in after.items():
        if key not in before:
            yield Change("added", key, _arrow(edge, nodes), _demands(edge))
        elif before[key] != edge:
            detail = _turned("", _demands(before[key]), _demands(edge))
            yield Change("changed", key, _arrow(edge, nodes), detail)


def _called(node: Node) -> str:
    return f"node {node.title}" if node.kind in {"node", "filter"} else node.title


def _arrow(edge: Edge, nodes: dict[str, Node]) -> str:
    return f"edge {nodes[edge.parent].title} → {nodes[edge.child].title} ({edge.role})"


def _demands(edge: Edge) -> str:
    return f"{letters(edge.perm)} / {letters(edge.shared)}"


def _turned(word: str, was: str, now: str) -> str:
    return f"{word} {was or 'none'} → {now or 'none'}".strip()
