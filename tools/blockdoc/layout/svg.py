# SPDX-License-Identifier: GPL-2.0-or-later
"""Draw frames of a graph as inline SVG.

All frames share one layout, that of everything that any of them shows: what did not
change does not move.  Colours are the style sheet's; here are only classes:

====================  ==================================================================
``svg.block-graph``   a picture; ``role="img"``, with title and text alternative
``g.bg-node``         a node; also its kind, and ``bg-ro``; ``data-name`` holds its name
``g.bg-edge``         an edge; also ``bg-from-job`` …, the kind of its parent
``.bg-new``           was not in the frame before
``.bg-changed``       was in the frame before, but otherwise
``.bg-leaving``       is not in the next frame
====================  ==================================================================
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from blockdoc.graph.model import KINDS, PERMISSIONS, Edge, Graph, Node, letters
from blockdoc.graph.text import describe
from blockdoc.layout import shapes
from blockdoc.layout.dot import Place, Route, plan
from blockdoc.layout.measure import fit, printable

__all__ = ["draw"]

_MARGIN: Final = 6.0
_EMPTY: Final = (168.0, 40.0)

_Key = tuple[str, ...]
_Items = Mapping[_Key, Node | Edge]

#: To what part of its width a picture may shrink; beyond that its box scrolls.
_LEAST: Final = 0.75


def draw(frames: Sequence[Graph], *, ids: Sequence[str]) -> list[str]:
    """Draw frames of one graph; `ids` are the HTML ids of the pictures."""
    if not frames:
        return []
    canvas = _lay_out(frames)
    items = [_items(graph) for graph in frames]
    before: list[_Items | None] = [None, *items[:-1]]
    after: list[_Items | None] = [*items[1:], None]
    return [
        _Picture(name, graph, canvas, *around).draw()
        for name, graph, *around in zip(ids, frames, before, after, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Canvas:
    """Where everything goes, in all frames."""

    width: float
    height: float
    places: Mapping[_Key, tuple[Place, tuple[float, float]]]
    routes: Mapping[_Key, Route]


def _lay_out(frames: Sequence[Graph]) -> _Canvas:
    """Find places for everything that any of the frames shows."""
    sizes: dict[_Key, tuple[float, float]] = {}
    labels: dict[_Key, tuple[float, float]] = {}
    for graph in frames:
        for node in graph.nodes:
            _grow(sizes, _key(node), shapes.box_size(node))
        for edge in graph.edges:
            _grow(labels, _key(edge), shapes.label_size(edge))
    if not sizes:
        return _Canvas(*_EMPTY, {}, {})
    number = {key: place for place, key in enumerate(sorted(sizes))}
    boxes, edges = sorted(sizes), sorted(labels)
    ends = [(number[parent,], number[child,]) for parent, _, child in edges]
    found = plan(
        [sizes[key] for key in boxes],
        [(*end, *labels[key]) for end, key in zip(ends, edges, strict=True)],
    )
    places = {key: (at, sizes[key]) for key, at in zip(boxes, found.centres, strict=True)}
    routes = dict(zip(edges, found.routes, strict=True))
    return _Canvas(found.width, found.height, places, routes)


def _grow(sizes: dict[_Key, tuple[float, float]], key: _Key, size: tuple[float, float]) -> None:
    """Keep the larger of two sizes."""
    wide, high = sizes.get(key, (0.0, 0.0))
    sizes[key] = max(wide, size[0]), max(high, size[1])


def _key(item: Node | Edge) -> _Key:
    return (item.id,) if isinstance(item, Node) else (item.parent, item.role, item.child)


def _items(graph: Graph) -> _Items:
    items: list[Node | Edge] = [*graph.nodes, *graph.edges]
    return {_key(item): item for item in items}


@dataclass(frozen=True, slots=True)
class _Picture:
    """One frame."""

    name: str
    graph: Graph
    canvas: _Canvas
    before: _Items | None
    after: _Items | None

    def draw(self) -> str:
        """Draw edges first, then nodes, then the labels of edges, so that text stays on top."""
        nodes = self.graph.by_id()
        picture = self._frame()
        for edge in self.graph.edges:
            self._line(SubElement(picture, "g", self._edge(edge, nodes)), edge, nodes)
        for node in self.graph.nodes:
            self._box(SubElement(picture, "g", self._node(node)), node)
        for edge in self.graph.edges:
            self._label(SubElement(picture, "g", self._edge(edge, nodes)), edge, nodes)
        if not self.graph.nodes:
            x, y = self.canvas.width / 2, self.canvas.height / 2 + 4
            _write(picture, (x, y), "no nodes, no users", "bg-what")
        return tostring(picture, encoding="unicode")

    def _frame(self) -> Element:
        """Open the picture, with its title and its text alternative."""
        wide, high = self.canvas.width + 2 * _MARGIN, self.canvas.height + 2 * _MARGIN
        title, text = f"{self.name}-title", f"{self.name}-desc"
        picture = Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "id": self.name,
                "class": "block-graph",
                "role": "img",
                "aria-labelledby": f"{title} {text}",
                "width": f"{wide:.0f}",
                "height": f"{high:.0f}",
                "style": f"min-width: {_LEAST * wide:.0f}px",
                "viewBox": f"{-_MARGIN:.0f} {-_MARGIN:.0f} {wide:.0f} {high:.0f}",
            },
        )
        SubElement(picture, "title", id=title).text = _title(self.graph)
        SubElement(picture, "desc", id=text).text = "\n".join(
            map(printable, describe(self.graph).split("\n"))
        )
        return picture

    def _node(self, node: Node) -> dict[str, str]:
        classes = ["bg-node", f"bg-{node.kind}", *(f"bg-{flag}" for flag in node.flags)]
        return {
            "id": f"{self.name}-{node.id}",
            "class": " ".join([*classes, *self._change(node)]),
            "data-name": printable(node.name),
        }

    def _box(self, group: Element, node: Node) -> None:
        (x, y), size = self.canvas.places[_key(node)]
        what = [node.driver or "unknown driver"] if node.kind != "backend" else []
        SubElement(group, "title").text = printable(
            f"{node.kind} {node.name}" + "".join(f", {word}" for word in (*what, *node.flags)),
        )
        group.extend(shapes.outline(node.kind, (x, y), size))
        name, second = shapes.node_lines(node)
        _write(group, (x, y - 3), name, "bg-name")
        _write(group, (x, y + 14), second, "bg-what")

    def _edge(self, edge: Edge, nodes: Mapping[str, Node]) -> dict[str, str]:
        classes = ["bg-edge", f"bg-from-{nodes[edge.parent].kind}", *self._change(edge)]
        return {"class": " ".join(classes)}

    def _line(self, group: Element, edge: Edge, nodes: Mapping[str, Node]) -> None:
        SubElement(group, "title").text = printable(_sentence(edge, nodes))
        route = self.canvas.routes[_key(edge)]
        group.extend([shapes.curve(route), shapes.arrow(route)])

    def _label(self, group: Element, edge: Edge, nodes: Mapping[str, Node]) -> None:
        SubElement(group, "title").text = printable(_sentence(edge, nodes))
        x, y = self.canvas.routes[_key(edge)].label
        group.append(shapes.backdrop((x, y), shapes.label_size(edge)))
        _write(group, (x, y - 3), fit(printable(edge.role)), "bg-role")
        permissions = f"{letters(edge.perm)} / {letters(edge.shared)}"
        _write(group, (x, y + 11), permissions, "bg-permissions")

    def _change(self, item: Node | Edge) -> list[str]:
        """Name the classes that tell how an element changes between frames."""
        key, found = _key(item), []
        if self.before is not None and self.before.get(key) != item:
            found.append("bg-changed" if key in self.before else "bg-new")
        if self.after is not None and key not in self.after:
            found.append("bg-leaving")
        return found


def _write(parent: Element, place: Place, text: str, kind: str) -> None:
    """Write a line of text, centred."""
    at = {"x": f"{place[0]:.1f}", "y": f"{place[1]:.1f}", "class": kind}
    SubElement(parent, "text", at).text = text


def _title(graph: Graph) -> str:
    """Say in a few words what a picture shows."""
    count = {kind: sum(node.kind == kind for node in graph.nodes) for kind in KINDS}
    nodes = count["node"] + count["filter"]
    words = [
        _some(nodes, "node"),
        *(_some(count[kind], kind) for kind in KINDS[:3] if count[kind]),
    ]
    return f"Block graph: {', '.join(words)}"


def _some(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _sentence(edge: Edge, nodes: Mapping[str, Node]) -> str:
    """Say in words what an edge means."""
    taken, shared = _words(edge.perm), _words(edge.shared)
    return (
        f"{nodes[edge.parent].title} uses {nodes[edge.child].title} as {edge.role}: "
        f"takes {taken}; others may take {shared}"
    )


def _words(permissions: Iterable[str]) -> str:
    held = set(permissions)
    return ", ".join(name for name in PERMISSIONS.values() if name in held) or "nothing"
