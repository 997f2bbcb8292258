# SPDX-License-Identifier: GPL-2.0-or-later
"""Draw frames of a graph as inline SVG.

All frames share one layout, that of everything that any of them shows: what did not
change does not move, while one picture takes the place of another.  Where each has a
place of its own it has no more room than it needs, and ``data-whole`` is the view that
all share.  Colours are the style sheet's; here are only classes:

====================  ==================================================================
``svg.block-graph``   a picture; ``role="img"``, with title and text alternative
``g.bg-node``         a node; also its kind, and ``bg-ro``; ``data-name`` holds its name
``g.bg-edge``         an edge; also ``bg-from-job`` …, the kind of its parent
``.bg-new``           was not in the frame before
``.bg-changed``       was in the frame before, but otherwise
``.bg-leaving``       is not in the next frame
``.bg-differs``       is not so in another release's frame of the same step
``a``                 around a node or an edge: ``term:``, ``rule:`` or ``ref:`` and a name,
                      for :mod:`blockdoc.sphinx_ext.pictures` to find the page of
====================  ==================================================================

The links are for the mouse; for the keyboard there is a list of them beside the picture.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, pairwise
from operator import itemgetter
from typing import Final, TypeVar
from xml.etree.ElementTree import Element, SubElement, tostring

from blockdoc.graph.model import KINDS, PERMISSIONS, Edge, Graph, Node, letters
from blockdoc.graph.reasons import REASONS, TERMS, why
from blockdoc.graph.text import describe
from blockdoc.layout import shapes
from blockdoc.layout.dot import Place, Route, plan
from blockdoc.layout.measure import fit, printable

__all__ = ["before", "draw"]

_MARGIN: Final = 6.0
_EMPTY: Final = (168.0, 40.0)

_Key = tuple[str, ...]
_Items = Mapping[_Key, Node | Edge]
_T = TypeVar("_T")

#: To what part of its width a picture may shrink; beyond that its box scrolls.
_LEAST: Final = 0.75
#: What part of the shared width a picture must fill to be shown with all of it: as long as
#: they nearly fill it, pictures below each other show the same things below each other.
_FILLED: Final = 0.75

_Box = tuple[float, float, float, float]


def draw(
    frames: Sequence[Graph],
    *,
    ids: Sequence[str],
    steps: Sequence[str] | None = None,
) -> list[str]:
    """Draw frames of one graph; `ids` are the HTML ids of the pictures.

    Neighbouring frames of one step, as `steps` names it, are alternatives by release: what
    differs between them is marked, and none of them comes before the other.
    """
    if not frames:
        return []
    canvas = _lay_out(frames)
    groups = _grouped([_items(graph) for graph in frames], steps or ids)
    surroundings = chain.from_iterable(_surroundings(groups))
    views = chain.from_iterable([canvas.view(group)] * len(group) for group in groups)
    return [
        _Picture(name, graph, canvas, around, view).draw()
        for name, graph, around, view in zip(ids, frames, surroundings, views, strict=True)
    ]


def before(frames: Sequence[Graph], steps: Sequence[str]) -> list[Graph | None]:
    """Return what each frame is compared with: the one before, of its own release."""
    groups: list[Sequence[Graph]] = [(), *_grouped(frames, steps)]
    return [
        _counterpart(earlier, number, len(group))
        for earlier, group in pairwise(groups)
        for number in range(len(group))
    ]


def _grouped(frames: Sequence[_T], steps: Sequence[str]) -> list[list[_T]]:
    """Put the alternatives of each step together."""
    return [
        [frame for _, frame in group]
        for _, group in groupby(zip(steps, frames, strict=True), key=itemgetter(0))
    ]


@dataclass(frozen=True, slots=True)
class _Around:
    """What a frame is compared with."""

    before: _Items | None
    after: _Items | None
    #: The same step in other releases.
    rivals: Sequence[_Items]


def _surroundings(groups: Sequence[Sequence[_Items]]) -> Iterator[list[_Around]]:
    """Tell what the frames of each step are compared with."""
    padded: list[Sequence[_Items]] = [(), *groups, ()]
    for before, group, after in zip(padded, padded[1:], padded[2:], strict=False):
        yield [
            _Around(
                _counterpart(before, number, len(group)),
                _counterpart(after, number, len(group)),
                [it for it in group if it is not items],
            )
            for number, items in enumerate(group)
        ]


def _counterpart(group: Sequence[_T], number: int, count: int) -> _T | None:
    """Find the frame of another step that goes with alternative `number` of `count`."""
    if len(group) == count:
        return group[number]
    return group[0] if len(group) == 1 else None


@dataclass(frozen=True, slots=True)
class _Canvas:
    """Where everything goes, in all frames."""

    width: float
    height: float
    places: Mapping[_Key, tuple[Place, tuple[float, float]]]
    routes: Mapping[_Key, Route]

    @property
    def whole(self) -> _Box:
        """What the frames show together: left, top, right, bottom."""
        return 0.0, 0.0, self.width, self.height

    def view(self, shown: Sequence[_Items]) -> _Box:
        """Return what is to be seen of the whole in the place where these are shown."""
        boxes = [box for items in shown for it in items.values() for box in self._boxes(it)]
        if not boxes:
            return self.whole
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        left, right = max(0.0, min(lefts)), min(self.width, max(rights))
        if right - left > _FILLED * self.width:
            left, right = 0.0, self.width
        return left, max(0.0, min(tops)), right, min(self.height, max(bottoms))

    def _boxes(self, item: Node | Edge) -> Iterator[_Box]:
        """Yield what an item covers."""
        if isinstance(item, Node):
            yield _around(*self.places[_key(item)])
            return
        route = self.routes[_key(item)]
        yield _around(route.label, shapes.label_size(item))
        for x, y in route.points:  # which a curve does not leave
            yield x, y, x, y


def _around(centre: Place, size: tuple[float, float]) -> _Box:
    (x, y), (wide, high) = centre, size
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


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
    around: _Around
    #: What of the canvas is shown.
    view: _Box

    def draw(self) -> str:
        """Draw edges first, then nodes, then the labels of edges, so that text stays on top."""
        nodes = self.graph.by_id()
        picture = self._frame()
        for edge in self.graph.edges:
            self._line(
                _group(picture, self._edge(edge, nodes), _rule(edge, nodes)), edge, nodes
            )
        for node in self.graph.nodes:
            self._box(_group(picture, self._node(node), f"term:{TERMS[node.kind]}"), node)
        for edge in self.graph.edges:
            self._label(
                _group(picture, self._edge(edge, nodes), _rule(edge, nodes)), edge, nodes
            )
        if not self.graph.nodes:
            x, y = self.canvas.width / 2, self.canvas.height / 2 + 4
            _write(picture, (x, y), "no nodes, no users", "bg-what")
        return tostring(picture, encoding="unicode")

    def _frame(self) -> Element:
        """Open the picture, with its title and its text alternative."""
        view, whole = _view_box(self.view), _view_box(self.canvas.whole)
        _, _, wide, high = view
        title, text = f"{self.name}-title", f"{self.name}-desc"
        picture = Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "id": self.name,
                "class": "block-graph",
                "role": "group",
                "aria-labelledby": f"{title} {text}",
                "width": f"{wide:.0f}",
                "height": f"{high:.0f}",
                "style": f"min-width: {_LEAST * wide:.0f}px",
                "viewBox": _joined(view),
                **({"data-whole": _joined(whole)} if whole != view else {}),
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
        before, after = self.around.before, self.around.after
        if before is not None and before.get(key) != item:
            found.append("bg-changed" if key in before else "bg-new")
        if after is not None and key not in after:
            found.append("bg-leaving")
        if any(rival.get(key) != item for rival in self.around.rivals):
            found.append("bg-differs")
        return found


def _view_box(box: _Box) -> _Box:
    """Return corner and size of `box` with its margin."""
    left, top, right, bottom = box
    room = 2 * _MARGIN
    return left - _MARGIN, top - _MARGIN, right - left + room, bottom - top + room


def _joined(numbers: Iterable[float]) -> str:
    return " ".join(f"{number:.0f}" for number in numbers)


def _group(picture: Element, attributes: dict[str, str], target: str) -> Element:
    """Open the group of an element, within a link to what explains it."""
    link = SubElement(picture, "a", href=target, tabindex="-1")
    return SubElement(link, "g", attributes)


def _rule(edge: Edge, nodes: Mapping[str, Node]) -> str:
    return REASONS[why(nodes[edge.parent], edge)].target


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
