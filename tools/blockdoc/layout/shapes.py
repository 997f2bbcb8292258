# SPDX-License-Identifier: GPL-2.0-or-later
"""The outlines: one shape for each kind of node, arrows, and how large a box is.

=======  ==========================  =======
kind     outline                     class
=======  ==========================  =======
node     box                         node
filter   hexagon                     filter
backend  box with round ends         backend
job      box with bars at its sides  job
export   tag with a notch            export
=======  ==========================  =======
"""

from collections.abc import Sequence
from math import hypot
from typing import Final
from xml.etree.ElementTree import Element

from blockdoc.graph.model import Edge, Kind, Node
from blockdoc.graph.words import demands
from blockdoc.layout.dot import Place, Route
from blockdoc.layout.measure import MONO, NAME, SMALL, fit, printable, width

__all__ = [
    "BESIDE",
    "arrow",
    "backdrop",
    "box_size",
    "curve",
    "label_size",
    "node_lines",
    "outline",
]

#: Height of a box, and what its outline needs beside the text.
_HIGH: Final = 44.0
BESIDE: Final[dict[Kind, float]] = {
    "node": 22.0,
    "filter": 40.0,
    "backend": 34.0,
    "job": 36.0,
    "export": 42.0,
}
_NARROWEST = 64.0
_LABEL_HIGH = 32.0
_HALF_ARROW = 3.5


def node_lines(node: Node) -> tuple[str, str]:
    """Say the two lines of a box: the name, and what it stands for."""
    kind = "" if node.kind == "node" else node.kind
    what = ", ".join([" · ".join(filter(None, (kind, node.driver))), *node.flags])
    return fit(printable(node.name)), fit(printable(what))


def box_size(node: Node) -> tuple[float, float]:
    """Say how large a box must be."""
    name, what = node_lines(node)
    text = max(width(name, NAME), width(what, SMALL))
    return max(_NARROWEST, text + BESIDE[node.kind]), _HIGH


def label_size(edge: Edge) -> tuple[float, float]:
    """Say how large the label of an edge is."""
    permissions = demands(edge)
    role = width(fit(printable(edge.role)), SMALL)
    return max(role, width(permissions, MONO, mono=True)) + 12, _LABEL_HIGH


def outline(kind: Kind, centre: Place, size: tuple[float, float]) -> list[Element]:
    """Draw the outline of a box."""
    (x, y), (wide, high) = centre, size
    left, right, top, bottom = x - wide / 2, x + wide / 2, y - high / 2, y + high / 2
    if kind == "filter":
        points = [(left, y), (left + 12, top), (right - 12, top)]
        points += [(right, y), (right - 12, bottom), (left + 12, bottom)]
        return [_polygon(points)]
    if kind == "export":
        points = [(left, top), (right - 12, top), (right, y), (right - 12, bottom)]
        return [_polygon([*points, (left, bottom), (left + 10, y)])]
    rounding = {"backend": high / 2, "node": 4.0}.get(kind, 2.0)
    box = _element("rect", x=left, y=top, width=wide, height=high, rx=rounding)
    bars = [left + 7, right - 7] if kind == "job" else []
    return [box, *(_element("line", x1=bar, y1=top, x2=bar, y2=bottom) for bar in bars)]


def backdrop(centre: Place, size: tuple[float, float]) -> Element:
    """Clear the ground below the label of an edge."""
    (x, y), (wide, high) = centre, (size[0] - 10, size[1] - 2)
    box = _element("rect", x=x - wide / 2, y=y - high / 2, width=wide, height=high, rx=3)
    box.set("class", "bg-ground")
    return box


def curve(route: Route) -> Element:
    """Draw the line of an edge."""
    start, *rest = map(_point, route.points)
    return Element("path", d=f"M{start} C{' '.join(rest)}")


def arrow(route: Route) -> Element:
    """Draw the head of an edge's arrow."""
    (x, y), (tip_x, tip_y) = route.points[-1], route.tip
    length = hypot(tip_x - x, tip_y - y) or 1.0
    aside_x, aside_y = (tip_y - y) / length * _HALF_ARROW, (x - tip_x) / length * _HALF_ARROW
    return _polygon(
        [route.tip, (x + aside_x, y + aside_y), (x - aside_x, y - aside_y)],
    )


def _polygon(points: Sequence[Place]) -> Element:
    return Element("polygon", points=" ".join(map(_point, points)))


def _point(place: Place) -> str:
    return f"{place[0]:.1f},{place[1]:.1f}"


def _element(tag: str, **numbers: float) -> Element:
    return Element(tag, {name: f"{number:.1f}" for name, number in numbers.items()})
