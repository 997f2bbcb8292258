# SPDX-License-Identifier: GPL-2.0-or-later
"""Ask Graphviz where things go.

Only sizes and numbers go in, never a name, so that no name can be taken for a
program; what comes back are centres, curves and the size of the whole.  One pixel
is one of Graphviz's points, and y grows downwards.
"""

import json
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from blockdoc.errors import BlockdocError, MissingError

__all__ = ["Place", "Plan", "Route", "plan"]

Place = tuple[float, float]

_HEAD = """digraph {
  graph [rankdir=TB, nodesep=0.3, ranksep=0.28, margin=0, splines=spline];
  node [shape=box, fixedsize=true, label=""];
  edge [arrowsize=0.7];
"""


@dataclass(frozen=True, slots=True)
class Route:
    """Where an edge goes."""

    #: Bézier points: a start, then three for each piece.
    points: tuple[Place, ...]
    #: Tip of the arrow.
    tip: Place
    #: Centre of the label.
    label: Place


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everything goes."""

    width: float
    height: float
    #: Centres, in the order in which the boxes were given.
    centres: tuple[Place, ...]
    #: Routes, in the order in which the edges were given.
    routes: tuple[Route, ...]


def plan(
    boxes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int, float, float]],
) -> Plan:
    """Lay out boxes (width, height) and edges (from, to, width and height of the label)."""
    answer = json.loads(_run(_program(boxes, edges)))
    _, _, wide, high = _numbers(answer["bb"])
    return Plan(
        wide,
        high,
        tuple(_place(item["pos"], high) for item in _in_order(answer.get("objects", ()))),
        tuple(_route(item, high) for item in _in_order(answer.get("edges", ()))),
    )


def _program(
    boxes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int, float, float]],
) -> str:
    nodes = [
        f'  {number} [id="{number}", width={wide / 72:.4f}, height={high / 72:.4f}];\n'
        for number, (wide, high) in enumerate(boxes)
    ]
    lines = [
        f'  {tail} -> {head} [id="{number}", label={_blank(wide, high)}];\n'
        for number, (tail, head, wide, high) in enumerate(edges)
    ]
    return "".join([_HEAD, *nodes, *lines, "}\n"])


def _in_order(items: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Undo Graphviz's own order: the ids say which is which."""
    return sorted(items, key=lambda item: int(item["id"]))


def _blank(wide: float, high: float) -> str:
    """Reserve room for a label."""
    size = f'fixedsize="true" width="{wide:.0f}" height="{high:.0f}"'
    return f'<<table border="0" cellborder="0" {size}><tr><td></td></tr></table>>'


def _run(program: str) -> str:
    dot = shutil.which("dot")
    if dot is None:
        message = "no `dot` on PATH, which lays out the graphs: install the package graphviz"
        raise MissingError(message)
    command = [dot, "-Kdot", "-Tjson"]
    done = subprocess.run(
        command,
        input=program,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        message = f"`{' '.join(command)}` failed with {done.returncode}: {done.stderr.strip()}"
        raise BlockdocError(message)
    return done.stdout


def _route(item: dict[str, str], high: float) -> Route:
    first, *points = item["pos"].split(" ")
    return Route(
        tuple(_place(point, high) for point in points),
        _place(first.removeprefix("e,"), high),
        _place(item["lp"], high),
    )


def _place(text: str, high: float) -> Place:
    x, y = _numbers(text)
    return x, high - y


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]
