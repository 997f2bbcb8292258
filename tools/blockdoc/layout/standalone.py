# SPDX-License-Identifier: GPL-2.0-or-later
"""Draw a view as one SVG file that needs nothing else: light, dark, tooltips, marks.

::

    view ──► collapsed, at most MOST boxes ──► what hangs together, laid out by itself
         ──► packed into rows ──► one picture

The classes are those of the site's own pictures; the style sheet is inside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from blockdoc.graph.model import PERMISSIONS, Edge, Graph, Node
from blockdoc.graph.view import View, edge_key
from blockdoc.graph.words import (
    cut,
    demands,
    first,
    headline,
    is_far,
    legend,
    legible,
    more,
    notes,
    stands,
    what,
)
from blockdoc.layout import shapes
from blockdoc.layout.dot import Place, Plan, Route, plan_all
from blockdoc.layout.measure import NAME, SMALL, width
from blockdoc.layout.parts import GAP, drawable, rows
from blockdoc.layout.style import STYLE

__all__ = ["draw_view", "draw_views"]

_LONGEST: Final = 56
_LINE: Final = 15.0
_MARGIN: Final = 12.0
_NOTES: Final = 24
#: Height of a line above or below the picture.
_HEAD: Final = 18.0

_Texts = Sequence[tuple[str, str]]
_Size = tuple[float, float]


def draw_view(view: View, *, generated: bool = False, name: str = "graph") -> str:
    """Draw a view.

    :param generated: show the names that QEMU made up as well.
    :param name: HTML id of the picture, and start of the ids in it.
    :raise MissingError: Graphviz is not there.
    """
    return draw_views([view], [name], generated=generated)[0]


def draw_views(
    views: Sequence[View], names: Sequence[str], *, generated: bool = False
) -> list[str]:
    """Draw views that share one layout: what is in several of them stays where it is.

    :raise MissingError: Graphviz is not there.
    """
    parts, left_out = drawable(_union([view.picture.graph for view in views]))
    texts = [
        {node.id: _texts(node, view, generated=generated) for node in view.picture.graph.nodes}
        for view in views
    ]
    sizes: dict[str, _Size] = {}
    for view, words in zip(views, texts, strict=True):
        for node in view.picture.graph.nodes:
            _grow(sizes, node, words[node.id])
    plans = plan_all([_plan_of(part, sizes) for part in parts])
    sheets = [
        _Sheet(view, name, words, sizes, left_out)
        for view, name, words in zip(views, names, texts, strict=True)
    ]
    high = max((len(sheet.head()) for sheet in sheets), default=0) * _HEAD + GAP / 2
    return [tostring(sheet.draw(parts, plans, high), encoding="unicode") for sheet in sheets]


def _union(graphs: Sequence[Graph]) -> Graph:
    """Put all that any graph shows into one."""
    if len(graphs) == 1:
        return graphs[0]
    nodes = {node.id: node for graph in graphs for node in graph.nodes}
    edges = {edge_key(edge): edge for graph in graphs for edge in graph.edges}
    return Graph.of(nodes.values(), edges.values())


def _grow(sizes: dict[str, _Size], node: Node, words: _Texts) -> None:
    """Let a box be as large as any view needs it."""
    wide, high = _box(node, words)
    before = sizes.get(node.id, (0.0, 0.0))
    sizes[node.id] = max(before[0], wide), max(before[1], high)


def _texts(node: Node, view: View, *, generated: bool) -> _Texts:
    """Say the lines of a box, each with its class."""
    facts = view.picture.of(node.id)
    kind = node.kind if node.kind in {"job", "export", "backend"} else ""
    second = " · ".join(filter(None, [kind, what(node, facts)]))
    times = stands(view, node.id)
    name = " ".join(filter(None, [cut(legible(node.name), _LONGEST), times]))
    rest = [second, *more(facts, generated=generated)]
    lines = [(cut(legible(text), _LONGEST), "bg-what") for text in rest if text]
    return [(name, "bg-name"), *lines]


def _box(node: Node, texts: _Texts) -> tuple[float, float]:
    """Say how large a box must be."""
    wide = max(width(text, NAME if kind == "bg-name" else SMALL) for text, kind in texts)
    return wide + shapes.BESIDE[node.kind], 14 + _LINE * max(2, len(texts))


def _plan_of(
    part: Graph, sizes: Mapping[str, _Size]
) -> tuple[list[tuple[float, float]], list[tuple[int, int, float, float]]]:
    number = {node.id: place for place, node in enumerate(part.nodes)}
    boxes = [sizes[node.id] for node in part.nodes]
    edges = [(number[e.parent], number[e.child], *shapes.label_size(e)) for e in part.edges]
    return boxes, edges


@dataclass(slots=True)
class _Sheet:
    """The whole picture."""

    view: View
    name: str
    texts: Mapping[str, _Texts]
    sizes: Mapping[str, _Size]
    #: What no view shows, because it is too much.
    left_out: Sequence[str]

    def head(self) -> _Texts:
        """Say what stands above the picture."""
        said = [*first(notes(self.view), _NOTES), *self.left_out]
        lines = [
            *((text, "bg-head") for text in headline(self.view)),
            *((text, "bg-what") for text in said),
        ]
        return [(cut(legible(text), 110), kind) for text, kind in lines]

    def draw(self, parts: Sequence[Graph], plans: Sequence[Plan], high: float) -> Element:
        """Draw all parts, one beside the other, then in the next row.

        :param high: room for what stands above.
        """
        head, foot = self.head(), legend(self.view)
        corners, wide, bottom = rows(plans, high)
        texts = [*head, *((text, "bg-what") for text in foot)]
        sizes = {"bg-head": NAME, "bg-what": SMALL}
        wide = max(wide, *(width(text, sizes[kind]) for text, kind in texts))
        picture = self.frame(wide, bottom + 8 + _HEAD * len(foot))
        for line, (text, kind) in enumerate(head):
            _write(picture, (0, 14 + _HEAD * line), text, f"{kind} bg-left")
        for part, plan, corner in zip(parts, plans, corners, strict=True):
            self.part(SubElement(picture, "g", transform=_moved(corner)), part, plan)
        for line, text in enumerate(foot):
            _write(picture, (0, bottom + 18 + _HEAD * line), text, "bg-what bg-left")
        return picture

    def frame(self, wide: float, high: float) -> Element:
        """Open the picture."""
        wide, high = wide + 2 * _MARGIN, high + 2 * _MARGIN
        picture = Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "id": self.name,
                "class": "block-graph",
                "role": "img",
                "aria-labelledby": f"{self.name}-title",
                "width": f"{wide:.0f}",
                "height": f"{high:.0f}",
                "viewBox": f"{-_MARGIN:.0f} {-_MARGIN:.0f} {wide:.0f} {high:.0f}",
            },
        )
        title = "; ".join(headline(self.view))
        SubElement(picture, "title", id=f"{self.name}-title").text = legible(title)
        SubElement(picture, "style").text = STYLE
        size = {"x": f"{-_MARGIN}", "y": f"{-_MARGIN}"}
        size |= {"width": f"{wide:.0f}", "height": f"{high:.0f}"}
        SubElement(picture, "rect", {**size, "class": "bg-page"})
        return picture

    def part(self, group: Element, part: Graph, plan: Plan) -> None:
        """Draw lines, then boxes, then the labels of lines, so that text stays on top."""
        nodes = self.view.picture.graph.by_id()
        edges = {edge_key(edge): edge for edge in self.view.picture.graph.edges}
        lines = [
            (edges[edge_key(edge)], route)
            for edge, route in zip(part.edges, plan.routes, strict=True)
            if edge_key(edge) in edges
        ]
        for edge, route in lines:
            self.line(group, edge, route, nodes)
        for node, centre in zip(part.nodes, plan.centres, strict=True):
            if node.id in nodes:
                self.box(group, nodes[node.id], centre)
        for edge, route in lines:
            self.label(group, edge, route, nodes)

    def line(self, parent: Element, edge: Edge, route: Route, nodes: dict[str, Node]) -> None:
        group = SubElement(parent, "g", {"class": self.classes(edge, nodes)})
        SubElement(group, "title").text = legible(_sentence(edge, nodes))
        group.extend([shapes.curve(route), shapes.arrow(route)])

    def label(self, parent: Element, edge: Edge, route: Route, nodes: dict[str, Node]) -> None:
        group = SubElement(parent, "g", {"class": self.classes(edge, nodes)})
        SubElement(group, "title").text = legible(_sentence(edge, nodes))
        x, y = route.label
        group.append(shapes.backdrop((x, y), shapes.label_size(edge)))
        _write(group, (x, y - 3), cut(legible(edge.role), _LONGEST), "bg-role")
        _write(group, (x, y + 11), demands(edge), "bg-permissions")

    def box(self, parent: Element, node: Node, centre: Place) -> None:
        mark = self.view.mark(node)
        classes = ["bg-node", f"bg-{node.kind}", f"bg-{mark}" if mark else ""]
        group = SubElement(parent, "g", {"class": " ".join(filter(None, classes))})
        group.set("id", f"{self.name}-{node.id}")
        size = self.sizes[node.id]
        SubElement(group, "title").text = self.tooltip(node)
        if len(self.view.stands_for.get(node.id, ())) > 1:
            behind = shapes.outline(node.kind, (centre[0] + 5, centre[1] + 5), size)
            group.extend(behind[:1])
        group.extend(shapes.outline(node.kind, centre, size))
        lines = self.texts[node.id]
        top = centre[1] - _LINE * (max(2, len(lines)) - 1) / 2 + 4
        for line, (text, kind) in enumerate(lines):
            _write(group, (centre[0], top + _LINE * line), text, kind)

    def tooltip(self, node: Node) -> str:
        """Say everything, uncut."""
        facts = self.view.picture.of(node.id)
        names = self.view.stands_for.get(node.id, ())
        several = f"{len(names)} equal ones: {', '.join(names)}" if len(names) > 1 else ""
        lines = [f"{node.kind} {node.name}", what(node, facts), *more(facts), several]
        return "\n".join(legible(line) for line in lines if line)

    def classes(self, edge: Edge, nodes: dict[str, Node]) -> str:
        mark = self.view.mark(edge)
        words = ["bg-edge", f"bg-from-{'job' if is_far(edge) else nodes[edge.parent].kind}"]
        return " ".join([*words, *([f"bg-{mark}"] if mark else [])])


def _moved(corner: Place) -> str:
    return f"translate({corner[0]:.1f} {corner[1]:.1f})"


def _sentence(edge: Edge, nodes: Mapping[str, Node]) -> str:
    """Say in words what an edge means."""
    if is_far(edge):
        client, server = nodes[edge.parent].title, nodes[edge.child].title
        return f"{client} is a client of {server}, in another process"
    ends = f"{nodes[edge.parent].title} uses {nodes[edge.child].title} as {edge.role}"
    return f"{ends}: takes {_words(edge.perm)}; others may take {_words(edge.shared)}"


def _words(permissions: frozenset[str]) -> str:
    return ", ".join(it for it in PERMISSIONS.values() if it in permissions) or "nothing"


def _write(parent: Element, place: Place, text: str, kind: str) -> None:
    at = {"x": f"{place[0]:.1f}", "y": f"{place[1]:.1f}", "class": kind}
    SubElement(parent, "text", at).text = text
