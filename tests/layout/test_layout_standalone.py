# SPDX-License-Identifier: GPL-2.0-or-later
"""The picture that stands alone: whole, well formed, and not larger than can be looked at."""

import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from blockdoc.graph.collapse import collapse
from blockdoc.graph.facts import picture_of
from blockdoc.graph.model import Graph, Node
from blockdoc.graph.picture import Facts, Picture
from blockdoc.graph.view import View
from blockdoc.layout import dot
from blockdoc.layout.dot import ahead, plan
from blockdoc.layout.parts import MOST
from blockdoc.layout.standalone import draw_view, draw_views

sys.path.insert(0, str(Path(__file__).parents[1] / "graph"))
from picture_support import answers, disk, hostile

SVG = "{http://www.w3.org/2000/svg}"

pytestmark = pytest.mark.skipif(shutil.which("dot") is None, reason="no dot")


def boxes(svg: str) -> list[str]:
    root = ET.fromstring(svg)  # noqa: S314 - ours
    groups = root.iter(f"{SVG}g")
    return [it.get("id", "") for it in groups if "bg-node" in it.get("class", "")]


def test_every_node_is_drawn_once_and_twice_the_same() -> None:
    view = View(picture_of(answers(*(disk(n) for n in range(5))), "x"))
    svg = draw_view(view)
    assert sorted(boxes(svg)) == sorted(f"graph-{it.id}" for it in view.picture.graph.nodes)
    assert svg == draw_view(view)


def test_hostile_names_are_text_and_nothing_else() -> None:
    svg = draw_view(View(hostile()))
    root = ET.fromstring(svg)  # noqa: S314 - ours
    tags = {it.tag.removeprefix(SVG) for it in root.iter()}
    assert tags <= {"svg", "g", "title", "style", "rect", "polygon", "path", "line", "text"}
    assert not [name for it in root.iter() for name in it.attrib if name.startswith("on")]
    assert len(boxes(svg)) == len(hostile().graph.nodes)


def test_what_repeats_is_drawn_as_a_pile() -> None:
    view = collapse(View(picture_of(answers(*(disk(n, length=9) for n in range(100))), "x")))
    svg = draw_view(view)
    assert len(boxes(svg)) == 10
    assert "\u00d7100" in svg
    assert "disk99.0" in svg  # in the tooltip


def test_what_is_too_large_is_cut_and_says_so() -> None:
    svg = draw_view(View(picture_of(answers(disk(1, length=MOST + 50)), "x")))
    assert len(boxes(svg)) == MOST
    assert "51 boxes are not drawn; --only NAME draws one disk." in svg


def test_views_that_share_a_layout_keep_their_places() -> None:
    both = View(picture_of(answers(disk(1), disk(2)), "x"))
    one = View(picture_of(answers(disk(2)), "x"))
    drawn = draw_views([both, one], ["a", "b"])
    places = []
    for svg in drawn:
        root = ET.fromstring(svg)  # noqa: S314 - ours
        groups = [it for it in root.iter(f"{SVG}g") if "disk2" in it.get("id", "")]
        places.append([(it.get("x"), it.get("y")) for it in groups[0].iter(f"{SVG}rect")])
    assert places[0] == places[1]
    assert [len(boxes(svg)) for svg in drawn] == [6, 3]


def test_a_box_is_as_large_in_every_frame_as_any_needs_it() -> None:
    """Whichever comes first: what becomes longer, or shorter, moves nothing."""
    graph = Graph.of([Node("node", "top", "raw")], ())
    plain = View(Picture(graph))
    long = View(Picture(graph, {"n_top": Facts(file="/a/rather/long/name.img", size=5)}))

    def rect(svg: str) -> bytes:
        root = ET.fromstring(svg)  # noqa: S314 - ours
        group = next(it for it in root.iter(f"{SVG}g") if it.get("id", "").endswith("-n_top"))
        found = next(group.iter(f"{SVG}rect"))
        return ET.tostring(found)

    orders = ([plain, long], [long, plain])
    sizes = {rect(svg) for order in orders for svg in draw_views(order, ["a", "b"])}
    assert len(sizes) == 1
    assert rect(draw_view(plain)) not in sizes


def test_graphviz_that_was_started_ahead_is_asked_or_ends() -> None:
    boxes_, edges = [(80.0, 40.0)] * 2, [(0, 1, 30.0, 20.0)]
    with ahead():
        [process] = dot._waiting  # noqa: SLF001 - nobody else can tell that it runs
        assert plan(boxes_, edges) == dot.plan_all([(boxes_, edges)])[0]
        assert process.returncode == 0
    with ahead():
        [process] = dot._waiting  # noqa: SLF001 - as above
    assert process.returncode is not None
    assert dot._waiting == []  # noqa: SLF001 - as above
