# SPDX-License-Identifier: GPL-2.0-or-later
"""The Mermaid text of a graph: exact both ways, and names are data."""

import html
import re
from itertools import pairwise
from random import Random

import pytest
from blockdoc.errors import AuthorError, Place
from blockdoc.graph import Edge, Graph, Kind, Node, parse_mermaid, to_mermaid
from blockdoc.graph.model import KINDS, PERMISSIONS, node_id
from hypothesis import given, settings
from hypothesis import strategies as st

PLACE = Place("page.md", 10)
NASTY = [
    'a"]<b>end--é`',
    "<script>alert(1)</script>",
    "</text></svg>",
    "end",
    "subgraph",
    "1. one",
    "- x",
    "# h",
    "_a_ __b__ *c*",
    "#35; &amp; #quot;",
    "a%%b",
    "x--y",
    "a  b ",
    "a\nb",
    "\u202ertl",
    "日本",
    "a.-b",
    "\\n",
    "$$x$$",
]
TEXTS = st.sampled_from(NASTY) | st.text(min_size=1, max_size=12)
#: Names that a careless escape would take for each other.
CLOSE = TEXTS | st.text("a_-/.2f", min_size=1, max_size=3)
PERMS = st.frozensets(st.sampled_from(list(PERMISSIONS.values())))


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Make any graph that can be written down."""
    made = draw(
        st.lists(
            st.builds(
                Node,
                st.sampled_from(KINDS),
                TEXTS,
                TEXTS,
                st.sampled_from([(), ("ro",)]),
            ),
            max_size=6,
            unique_by=lambda node: node.id,
        ),
    )
    if not made:
        return Graph()
    ids = st.sampled_from([node.id for node in made])
    edges = st.lists(
        st.builds(Edge, ids, ids, TEXTS, PERMS, PERMS),
        max_size=8,
        unique_by=lambda edge: (edge.parent, edge.child, edge.role),
    )
    return Graph.of(made, draw(edges))


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_text_reads_back_as_the_same_graph(graph: Graph) -> None:
    assert parse_mermaid(to_mermaid(graph), PLACE) == graph


@settings(deadline=None, max_examples=60)
@given(graphs(), st.randoms())
def test_lines_may_stand_in_any_order(graph: Graph, random: Random) -> None:
    header, *body = to_mermaid(graph).splitlines()
    random.shuffle(body)
    assert parse_mermaid("\n".join([header, *body]), PLACE) == graph


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_nothing_in_the_text_means_anything_but_itself(graph: Graph) -> None:
    for line in to_mermaid(graph).splitlines()[1:]:
        quoted = re.findall(r'"([^"]*)"', line)
        assert len(quoted) == 1
        assert not re.search(r"[<>`\[\]{}\\*\x00-\x1f]", quoted[0].replace("<br>", ""))


@settings(deadline=None, max_examples=60)
@given(CLOSE, CLOSE)
def test_two_names_never_get_one_id(one: str, other: str) -> None:
    assert (node_id("node", one) == node_id("node", other)) == (one == other)


@settings(deadline=None, max_examples=60)
@given(TEXTS)
def test_an_id_holds_nothing_that_mermaid_reads_as_more(name: str) -> None:
    assert re.fullmatch(r"n_(?:[A-Za-z0-9_.]|-(?=[A-Za-z0-9]))*", node_id("node", name))


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_two_kinds_share_gives_two_ids(kind: Kind) -> None:
    others = {node_id(other, "disk0") for other in KINDS if {kind, other} != {"node", "filter"}}
    assert len(others) >= 4


def test_a_job_and_a_node_may_have_the_same_name() -> None:
    graph = Graph.of([Node("job", "a", "mirror"), Node("node", "a", "raw")], [])
    assert parse_mermaid(to_mermaid(graph), PLACE) == graph


def test_front_matter_comes_first_and_is_quoted_where_it_must_be() -> None:
    text = to_mermaid(Graph(), {"id": "commit-ready", "when": "qemu >= 10.0", "title": "a: b"})
    front = '---\nid: commit-ready\nwhen: qemu >= 10.0\ntitle: "a: b"\n---\n'
    assert text == f"{front}flowchart TD\n"


def test_real_mermaid_draws_every_name_as_it_is() -> None:
    mermaidx = pytest.importorskip("mermaidx")
    nodes = [*(Node("node", name, "raw") for name in NASTY)]
    nodes += [Node(kind, "end", "end") for kind in KINDS if kind != "node"]
    edges = [Edge(one.id, two.id, two.name) for one, two in pairwise(nodes)]
    drawing = mermaidx.render(to_mermaid(Graph.of({n.id: n for n in nodes}.values(), edges)))
    svg = drawing.svg if isinstance(drawing.svg, str) else drawing.svg()
    shown = [
        html.unescape(re.sub(r"<[^>]*>", "", part)).replace("\xa0", " ")
        for part in re.findall(
            r"<(?:foreignObject|text)\b.*?</(?:foreignObject|text)>", svg, re.DOTALL
        )
    ]
    assert [name for name in NASTY if not any(name in part for part in shown)] == []


GOOD = """flowchart TD
  n_top["top<br>qcow2"]
  n_top.file["top/file<br>file"]
  n_top -->|"file<br>rw-s / r-u-"| n_top.file
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("flowchart TD", "graph LR", 10, "expected `flowchart TD`, found `graph LR`"),
        ('n_top["top<br>qcow2"]', "n_top", 11, "expected a node such as"),
        ('["top<br>qcow2"]', '["top"]', 11, "expected a node such as"),
        ('["top<br>qcow2"]', '[["top<br>qcow2"]', 11, "expected a node such as"),
        ("top<br>qcow2", "tpo<br>qcow2", 11, "the id of `tpo` is `n_tpo`, found `n_top`"),
        ("qcow2", "qcow2, rw", 11, "expected a flag of ro, found `rw`"),
        ("top<br>qcow2", "to<b<br>qcow2", 11, "write `#lt;` for `<`"),
        ("top<br>qcow2", "to#zz;<br>qcow2", 11, "`#zz;` stands for no character"),
        (
            '["top<br>qcow2"]',
            '{{"top<br>qcow2"}}',
            11,
            "second line of the label begins `filter`",
        ),
        ("rw-s / r-u-", "rwx / r-u-", 13, "permissions, taken and shared"),
        ("| n_top.file", "| n_nowhere", 13, "no node `n_nowhere`"),
        (
            '  n_top.file["top/file<br>file"]',
            '  n_top["top<br>raw"]',
            12,
            "already there in line 11",
        ),
    ],
)
def test_a_broken_line_is_named(old: str, new: str, line: int, message: str) -> None:
    with pytest.raises(AuthorError) as caught:
        parse_mermaid(GOOD.replace(old, new, 1), PLACE)
    assert caught.value.place == Place("page.md", line)
    assert message in str(caught.value)
    assert "`make record` fills it in" in str(caught.value)


def test_an_edge_may_stand_only_once() -> None:
    with pytest.raises(AuthorError, match=r"page.md:14: .* already there in line 13"):
        parse_mermaid(GOOD + GOOD.splitlines()[-1], PLACE)


def test_an_empty_fence_asks_for_a_recording() -> None:
    with pytest.raises(AuthorError, match=r"page.md:10: the graph is empty: `make record`"):
        parse_mermaid("\n  \n", PLACE)


def test_names_that_look_alike_get_ids_of_their_own() -> None:
    names = ["a_", "a.", "a-", "a/", "a__", "a_2e_", "a_2d_", "a/b", "a.b", "a-b", "a_b", "a b"]
    assert len({node_id("node", name) for name in names}) == len(names)
