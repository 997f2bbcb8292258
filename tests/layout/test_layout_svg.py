# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures of graphs: what is drawn, where, and that names stay data."""

import re
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest
from blockdoc.errors import MissingError, Place
from blockdoc.graph import Edge, Graph, Node, parse_mermaid
from blockdoc.layout.measure import MONO, NAME, SMALL, width
from blockdoc.layout.svg import before, draw
from hypothesis import given, settings
from hypothesis import strategies as st

SVG = "{http://www.w3.org/2000/svg}"
CASES = Path(__file__).parents[1] / "graph" / "cases"
CSS = Path(__file__).parents[2] / "tools/blockdoc/sphinx_ext/static/graph.css"
NASTY = [
    "</svg><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "&lt;",
    "\x00\n",
    "]]>",
]


def recorded(name: str) -> Graph:
    text = (CASES / f"{name}.mmd").read_text(encoding="utf-8")
    return parse_mermaid(text, Place(name, 1))


def picture(*frames: Graph) -> list[Element]:
    ids = [f"g{number}" for number in range(len(frames))]
    return [fromstring(svg) for svg in draw(frames, ids=ids)]  # noqa: S314 - our own output


def boxes(svg: Element) -> dict[str, Element]:
    return {
        group.get("data-name", ""): group
        for group in svg.iter(f"{SVG}g")
        if group.get("data-name")
    }


def centre(group: Element) -> tuple[float, float]:
    name = next(group.iter(f"{SVG}text"))
    return float(name.get("x", "")), float(name.get("y", "")) + 3


def classes(group: Element) -> set[str]:
    return set(group.get("class", "").split())


def whole(svg: Element) -> str | None:
    """Return the view that all frames share."""
    return svg.get("data-whole", svg.get("viewBox"))


def edges(svg: Element) -> dict[str, Element]:
    """Find edges by their sentence up to the colon."""
    groups = [group for group in svg.iter(f"{SVG}g") if group.find(f"{SVG}path") is not None]
    return {str(group.findtext(f"{SVG}title")).split(":", 1)[0]: group for group in groups}


CHAIN = recorded("chain-10.0")
COMMIT = recorded("commit-active-under-an-export-7.2")


@pytest.mark.parametrize("path", sorted(CASES.glob("*.mmd")), ids=lambda path: path.stem)
def test_every_node_and_edge_is_drawn_where_its_ends_are(path: Path) -> None:
    graph = recorded(path.stem)
    [svg] = picture(graph)
    drawn = {str(g.get("id")): centre(g) for g in svg.iter(f"{SVG}g") if g.get("data-name")}
    assert set(drawn) == {f"g0-{node.id}" for node in graph.nodes}
    nodes = graph.by_id()
    for edge in graph.edges:
        sentence = f"{nodes[edge.parent].title} uses {nodes[edge.child].title} as {edge.role}"
        line = edges(svg)[sentence].find(f"{SVG}path")
        assert line is not None
        points = [
            tuple(map(float, p.split(",")))
            for p in re.findall(r"[\d.-]+,[\d.-]+", line.get("d", ""))
        ]
        for end, point in ((edge.parent, points[0]), (edge.child, points[-1])):
            x, y = drawn[f"g0-{end}"]
            assert abs(point[1] - y) < 40
            assert abs(point[0] - x) < 200


def test_frames_share_one_layout() -> None:
    first, second = picture(CHAIN, COMMIT)
    assert whole(first) == whole(second)
    shared = boxes(first).keys() & boxes(second).keys()
    assert shared == {node.name for node in CHAIN.nodes}
    assert all(centre(boxes(first)[name]) == centre(boxes(second)[name]) for name in shared)


def test_what_a_frame_does_not_have_is_not_drawn() -> None:
    first, _ = picture(CHAIN, COMMIT)
    assert "commit0" not in boxes(first)


def test_changes_between_frames_are_marked() -> None:
    first, second, third = picture(CHAIN, COMMIT, CHAIN)
    assert not {"bg-new", "bg-changed", "bg-leaving"} & classes(boxes(first)["base"])
    assert {"bg-new", "bg-leaving"} <= classes(boxes(second)["commit0"])
    assert "bg-changed" in classes(boxes(second)["base"])
    assert not {"bg-new", "bg-changed"} & classes(boxes(second)["top"])
    assert "bg-changed" in classes(boxes(third)["base"])
    assert "bg-changed" in classes(edges(second)["mid uses mid/file as file"])


def test_the_kind_shows_in_shape_and_words() -> None:
    [svg] = picture(COMMIT)
    seen = {
        name: ([child.tag.removeprefix(SVG) for child in group], group[-1].text)
        for name, group in boxes(svg).items()
    }
    assert seen["top"] == (["title", "rect", "text", "text"], "qcow2")
    assert seen["commit0/main node"] == (
        ["title", "polygon", "text", "text"],
        "filter · mirror_top",
    )
    assert seen["commit0"] == (
        ["title", "rect", "line", "line", "text", "text"],
        "job · commit",
    )
    assert seen["e"] == (["title", "polygon", "text", "text"], "export · nbd")
    assert seen["commit0 target"] == (["title", "rect", "text", "text"], "backend")


def test_a_picture_has_a_title_and_a_text_alternative() -> None:
    [svg] = picture(COMMIT)
    assert svg.get("role") == "group"  # an image could hold no links
    assert svg.get("aria-labelledby") == "g0-title g0-desc"
    assert svg.findtext(f"{SVG}title") == "Block graph: 7 nodes, 1 job, 1 export, 1 backend"
    assert "export e (nbd)" in (svg.findtext(f"{SVG}desc") or "")


def test_an_edge_says_its_permissions_in_words() -> None:
    [svg] = picture(CHAIN)
    told = [str(g.findtext(f"{SVG}title")) for g in svg.iter(f"{SVG}g")]
    assert (
        "top uses top/file as file: takes consistent-read, write, resize; "
        "others may take consistent-read, write-unchanged"
    ) in told


def test_ids_of_two_pictures_never_meet() -> None:
    ids = [{e.get("id") for e in svg.iter() if e.get("id")} for svg in picture(COMMIT, COMMIT)]
    assert not ids[0] & ids[1]


@settings(deadline=None, max_examples=15)
@given(
    st.lists(
        st.sampled_from(NASTY) | st.text(min_size=1, max_size=20),
        min_size=1,
        max_size=4,
        unique=True,
    )
)
def test_names_are_data(names: list[str]) -> None:
    nodes = [Node("node", name, name) for name in names]
    loops = [Edge(node.id, node.id, node.name) for node in nodes]
    text = draw([Graph.of(nodes, loops)], ids=["g"])[0]
    tags = {element.tag.removeprefix(SVG) for element in fromstring(text).iter()}  # noqa: S314 - as above
    assert tags <= {"svg", "a", "g", "title", "desc", "rect", "polygon", "line", "path", "text"}
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e]", text)


@pytest.mark.parametrize("kind", ["node", "filter", "backend", "job", "export"])
def test_a_box_is_wider_than_its_text(kind: str) -> None:
    name = "a-name-of-some-length/main node"
    [svg] = picture(Graph.of([Node(kind, name, "copy-before-write")], []))  # type: ignore[arg-type]
    assert float(svg.get("width", "")) > width(name, NAME) + 12


def test_a_very_long_name_is_shortened_but_kept_in_the_tooltip() -> None:
    name = "x" * 4000
    [svg] = picture(Graph.of([Node("node", name, "raw")], []))
    assert float(svg.get("width", "")) < 600
    assert name in (boxes(svg)[name].findtext(f"{SVG}title") or "")


def test_widths_are_estimated_on_the_large_side() -> None:
    # Advance widths of a broad sans font (1/2048 em): what a page may well be set in.
    assert width("commit0/main node", NAME) > 17 * 0.5 * NAME
    assert width("rw-s / r-u-", MONO, mono=True) >= 11 * 0.61 * MONO
    assert width("MMMM", SMALL) > 4 * 0.86 * SMALL


def test_an_empty_graph_says_so() -> None:
    [svg] = picture(Graph())
    assert "no nodes" in "".join(svg.itertext())


def test_a_loop_and_a_double_edge_are_drawn() -> None:
    nodes = [Node("node", "a", "raw"), Node("node", "b", "raw")]
    both = [Edge("n_a", "n_b", "x"), Edge("n_a", "n_b", "y"), Edge("n_b", "n_a", "z")]
    [svg] = picture(Graph.of(nodes, both))
    assert len(edges(svg)) == 3


def test_without_graphviz_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingError, match="install the package graphviz"):
        draw([CHAIN], ids=["g"])


def test_colours_are_the_style_sheets() -> None:
    [svg] = draw([COMMIT], ids=["g"])
    assert not re.search(r"\b(?:fill|stroke|color)=|style=\"(?!min-width: \d+px\")", svg)


def test_light_and_dark_name_the_same_colours() -> None:
    css = CSS.read_text(encoding="utf-8")
    light, dark, system = (
        set(re.findall(r"(--bg-[a-z-]+):", block))
        for block in re.findall(r"(?::root|body[^{]*) \{([^}]*)\}", css)
    )
    assert light == dark == system
    used = set(re.findall(r"var\((--bg-[a-z-]+)\)", css))
    assert used == light


def test_every_class_that_is_drawn_is_styled() -> None:
    css = CSS.read_text(encoding="utf-8")
    drawn = {c for svg in picture(CHAIN, COMMIT) for g in svg.iter() for c in classes(g)}
    plain = {"bg-node", "bg-edge", "bg-ro", "bg-leaving", "bg-from-export", "bg-from-backend"}
    plain |= {"bg-from-node", "bg-from-filter"}
    assert {name for name in drawn - plain if f".{name}" not in css} == set()


def test_alternatives_of_a_step_are_marked_where_they_differ_and_are_not_a_story() -> None:
    """Each is compared with its own counterpart before it, not with its neighbour."""
    top, old, new = (
        Node("node", "a", "raw"),
        *(Node("node", "b", driver) for driver in ("file", "null-co")),
    )
    graphs = [Graph((top,), ()), Graph((top, old), ()), Graph((top, new), ())]
    drawn = draw(graphs, ids=["f0", "f1", "f2"], steps=["one", "two", "two"])
    first, left, right = (boxes(fromstring(svg)) for svg in drawn)  # noqa: S314 - our own output
    assert "bg-differs" not in classes(first["a"]) | classes(left["a"]) | classes(right["a"])
    for side in (left, right):
        assert {"bg-differs", "bg-new"} <= classes(side["b"])
        assert "bg-changed" not in classes(side["b"])


def test_boxes_and_lines_link_to_what_explains_them_and_not_by_name() -> None:
    nodes = [
        Node("job", "term:evil"),
        Node("filter", "f", "throttle"),
        Node("node", "n", "raw"),
    ]
    edges = [
        Edge(nodes[0].id, nodes[1].id, "main node"),
        Edge(nodes[1].id, nodes[2].id, "file"),
    ]
    [svg] = picture(Graph.of(nodes, edges))
    links = [link.get("href") for link in svg.iter(f"{SVG}a")]
    assert links == [
        *("rule:PERM-10", "rule:PERM-8"),  # the lines
        *("term:block job", "term:filter", "term:node"),
        *("rule:PERM-10", "rule:PERM-8"),  # their labels
    ]


def test_a_picture_has_no_room_for_what_only_others_show() -> None:
    """Neither below nor beside, unless it nearly fills the width; alternatives are alike."""
    nodes = [Node("node", name, "raw") for name in "abcde"]
    line = Edge(nodes[0].id, nodes[4].id, "file")
    one, most = (Graph.of(nodes[:count], ()) for count in (1, 4))
    every = Graph.of(nodes, [line])
    small, wide, large = picture(one, most, every)
    assert {whole(it) for it in (small, wide, large)} == {large.get("viewBox")}
    assert float(small.get("width", "")) == 64 + 12
    assert float(small.get("height", "")) == float(wide.get("height", "")) == 44 + 12
    assert wide.get("width") == large.get("width")
    assert float(large.get("height", "")) > 100
    x, y, *_ = map(float, small.get("viewBox", "").split())
    assert centre(boxes(small)["a"]) == centre(boxes(large)["a"])
    assert centre(boxes(small)["a"]) == pytest.approx((x + 6 + 32, y + 6 + 22), abs=1)
    drawn = draw([one, every], ids=["x", "y"], steps=["z", "z"])
    assert len({fromstring(it).get("viewBox") for it in drawn}) == 1  # noqa: S314 - ours


def test_a_frame_is_compared_with_the_one_before_not_with_an_alternative() -> None:
    one, two, three = (
        Graph.of([Node("node", name, "raw") for name in names], ())
        for names in ("a", "ab", "abc")
    )
    assert before([one, two, three], ["x", "y", "y"]) == [None, one, one]


def test_a_box_is_as_large_in_every_frame_as_any_needs_it() -> None:
    short = Graph.of([Node("node", "top", "raw")], ())
    long = Graph.of([Node("node", "top", "a-driver-with-a-long-name")], ())

    def widths(*frames: Graph) -> list[str | None]:
        found = [next(boxes(svg)["top"].iter(f"{SVG}rect")) for svg in picture(*frames)]
        return [it.get("width") for it in found]

    needed = widths(long)
    assert widths(short, long) == widths(long, short) == needed * 2
    assert widths(short) != needed
