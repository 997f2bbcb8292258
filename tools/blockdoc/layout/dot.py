# SPDX-License-Identifier: GPL-2.0-or-later
"""Ask Graphviz where things go.

Only sizes and numbers go in, never a name, so that no name can be taken for a
program; what comes back are centres, curves and the size of the whole.  One pixel
is one of Graphviz's points, and y grows downwards.
"""

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from blockdoc.errors import BlockdocError, MissingError

__all__ = ["Place", "Plan", "Route", "ahead", "find", "paint", "plan", "plan_all"]

Boxes = Sequence[tuple[float, float]]
Edges = Sequence[tuple[int, int, float, float]]

Place = tuple[float, float]

#: From how many boxes on Graphviz shall hurry rather than straighten every line.
_LARGE = 150
_HURRY = "  graph [nslimit=3, nslimit1=3, mclimit=0.3, splines=polyline];\n"
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
    boxes: Boxes,
    edges: Edges,
) -> Plan:
    """Lay out boxes (width, height) and edges (from, to, width and height of the label)."""
    return plan_all([(boxes, edges)])[0]


def plan_all(graphs: Sequence[tuple[Boxes, Edges]]) -> list[Plan]:
    """Lay out graphs one by one, with one call: each takes time of its own size only."""
    text = _run("".join(_program(boxes, edges) for boxes, edges in graphs)) if graphs else ""
    decoder, place, plans = json.JSONDecoder(), 0, []
    for _ in graphs:
        answer, place = decoder.raw_decode(text, _next(text, place))
        plans.append(_plan(answer))
    return plans


def _next(text: str, place: int) -> int:
    """Skip the white space that stands before an answer."""
    while text[place].isspace():
        place += 1
    return place


def _plan(answer: dict[str, Any]) -> Plan:
    _, _, wide, high = _numbers(answer["bb"])
    return Plan(
        wide,
        high,
        tuple(_place(item["pos"], high) for item in _in_order(answer.get("objects", ()))),
        tuple(_route(item, high) for item in _in_order(answer.get("edges", ()))),
    )


def _program(boxes: Boxes, edges: Edges) -> str:
    nodes = [
        f'  {number} [id="{number}", width={wide / 72:.4f}, height={high / 72:.4f}];\n'
        for number, (wide, high) in enumerate(boxes)
    ]
    lines = [
        f'  {tail} -> {head} [id="{number}", label={_blank(wide, high)}];\n'
        for number, (tail, head, wide, high) in enumerate(edges)
    ]
    hurry = [_HURRY] if len(boxes) > _LARGE else []
    return "".join([_HEAD, *hurry, *nodes, *lines, "}\n"])


def _in_order(items: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Undo Graphviz's own order: the ids say which is which."""
    return sorted(items, key=lambda item: int(item["id"]))


def _blank(wide: float, high: float) -> str:
    """Reserve room for a label."""
    size = f'fixedsize="true" width="{wide:.0f}" height="{high:.0f}"'
    return f'<<table border="0" cellborder="0" {size}><tr><td></td></tr></table>>'


def _run(program: str) -> str:
    return _dot(program, "json").decode()


#: Processes that were started before it is known what they are to lay out.
_waiting: list["subprocess.Popen[bytes]"] = []


@contextmanager
def ahead() -> Iterator[None]:
    """Start Graphviz, which then waits for the first layout that is asked for in here.

    One that nobody asks ends here, or with us: its input ends.
    """
    dot = shutil.which("dot")
    if dot is not None:
        _waiting.append(_start(dot, "json"))
    try:
        yield
    finally:
        while _waiting:
            with _waiting.pop() as process:
                process.kill()


def _start(dot: str, form: str) -> "subprocess.Popen[bytes]":
    pipe = subprocess.PIPE
    return subprocess.Popen([dot, "-Kdot", f"-T{form}"], stdin=pipe, stdout=pipe, stderr=pipe)


def find() -> str:
    """Return Graphviz's path.

    :raise MissingError: it is not there.
    """
    dot = shutil.which("dot")
    if dot is None:
        message = "no `dot` on PATH, which lays out the graphs: install the package graphviz"
        raise MissingError(message)
    return dot


def _dot(program: str, form: str) -> bytes:
    if _waiting and form == "json":
        return _talk(_waiting.pop(), program)
    return _talk(_start(find(), form), program)


def _talk(process: "subprocess.Popen[bytes]", program: str) -> bytes:
    with process:
        said, complaints = process.communicate(program.encode())
    if process.returncode:
        words = complaints.decode(errors="replace").strip()
        message = f"`dot` failed with {process.returncode}: {words}"
        raise BlockdocError(message)
    return said


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


def paint(program: str) -> bytes:
    """Let Graphviz draw a program in its own language as a PNG.

    :raise MissingError: Graphviz is not there.
    """
    return _dot(program, "png")
