# SPDX-License-Identifier: GPL-2.0-or-later
"""Questions to a picture: the path of a write, who stands in the way, what has changed."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from blockdoc.errors import AuthorError
from blockdoc.graph.ask import only, path, why_not
from blockdoc.graph.changes import changes, difference
from blockdoc.graph.dot_text import to_dot
from blockdoc.graph.facts import picture_of
from blockdoc.graph.join import join
from blockdoc.graph.json_form import from_json, view_json
from blockdoc.graph.mermaid_marks import mermaid
from blockdoc.graph.model import Edge, Graph, Node
from blockdoc.graph.picture import Facts, Group, Picture
from blockdoc.graph.reasons import REASONS, TERMS, Why, why
from blockdoc.graph.tree import tree
from blockdoc.graph.view import View
from blockdoc.layout.standalone import draw_view
from picture_support import answers, disk

ROOT = Path(__file__).resolve().parents[2]
R, W, U, S = "consistent-read", "write", "write-unchanged", "resize"
ALL = frozenset({R, W, U, S})


def chain() -> Picture:
    """Build a device over a throttle filter over a qcow2 with a backing file."""
    nodes = [
        Node("backend", "vda"),
        Node("filter", "thr", "throttle"),
        Node("node", "top", "qcow2"),
        Node("node", "top-file", "file"),
        Node("node", "base", "qcow2", ("ro",)),
    ]
    vda, thr, top, file, base = (node.id for node in nodes)
    edges = [
        Edge(vda, thr, "root", frozenset({R, W}), ALL - {W}),
        Edge(thr, top, "file", frozenset({R, W}), ALL - {W}),
        Edge(top, file, "file", frozenset({R, W, S}), frozenset({R, U})),
        Edge(top, base, "backing", frozenset({R}), frozenset({R, U})),
    ]
    return Picture(Graph.of(nodes, edges), {file: Facts(file="top.img")})


def test_a_write_goes_where_write_is_taken() -> None:
    view = path(chain(), "vda")
    assert {it for it in view.marks if isinstance(it, str)} == {
        "b_vda",
        "n_thr",
        "n_top",
        "n_top-file",
    }
    assert ("n_top", "backing", "n_base") not in view.marks
    assert "\u00bb" in tree(view)
    assert "class b_vda,n_thr,n_top,n_top-file path" in mermaid(view)


def test_a_dump_has_the_marks_of_a_path_and_reads_back_without_them() -> None:
    plain = view_json(path(chain(), "vda"))
    marked = [it["title"] for it in plain["nodes"] if it.get("mark") == "path"]
    assert marked == ["vda", "thr", "top", "top-file"]
    assert [it["name"] for it in plain["edges"] if "mark" not in it] == ["backing"]
    assert from_json(plain, "x") == chain()


def test_a_reader_has_no_path_of_writes() -> None:
    assert "takes no write" in path(chain(), "base").notes[0]


@pytest.mark.parametrize(
    ("permission", "node", "said"),
    [
        (
            "write",
            "top",
            [
                "filter thr (throttle)",
                "backend vda refuses on thr",
                "Rule PERM-6: a guest's disk",
                "share-rw=on",
            ],
        ),
        ("w", "thr", ["backend vda uses thr as `root`", "(takes rw--, shares r-us)"]),
        (
            "resize",
            "top-file",
            ["node top (qcow2) uses top-file as `file`", "Rule PERM-7: the child that holds"],
        ),
        (
            "write",
            "base",
            [
                "base is read-only",
                "node top (qcow2) uses base as `backing`",
                "Rule PERM-9: a backing edge",
            ],
        ),
        ("u", "base", ["base is read-only. Rule: `Block node is read-only`"]),
    ],
)
def test_it_is_said_who_holds_what_and_which_rule_says_so(
    permission: str, node: str, said: list[str]
) -> None:
    text = " ".join(map(str, why_not(chain(), permission, node)))
    for words in said:
        assert words in text


def test_a_read_only_node_refuses_no_resize_by_permission() -> None:
    said = [it.why for it in why_not(chain(), "resize", "base")]
    assert said == ["backing"]


def test_a_new_reader_reads_below_a_backing_edge_but_not_below_a_commits_filter() -> None:
    nodes = [
        Node("node", "top", "qcow2"),
        Node("filter", "cf", "commit_top"),
        Node("node", "mid", "qcow2"),
        Node("job", "c0", "commit"),
    ]
    top, cf, mid, job = (node.id for node in nodes)
    held = Edge(job, mid, "intermediate node", frozenset(), frozenset({W, U}))
    direct = Graph.of(nodes, [Edge(top, mid, "backing", frozenset(), ALL), held])
    assert [it.edge for it in why_not(Picture(direct), "r", "top")] == [(job, held.role, mid)]
    edges = [
        Edge(top, cf, "backing", frozenset(), ALL),
        Edge(cf, mid, "backing", frozenset(), ALL),
        held,
    ]
    assert why_not(Picture(Graph.of(nodes, edges)), "r", "top") == []


@pytest.mark.parametrize(("job", "held"), [("commit", 0), ("mirror", 1)])
def test_the_filter_of_an_active_commit_hands_on_no_read(job: str, held: int) -> None:
    nodes = [Node("filter", "mt", "mirror_top"), Node("node", "top"), Node("job", "j", job)]
    mt, top, owner = (node.id for node in nodes)
    edges = [
        Edge(owner, mt, "main node", frozenset(), ALL),
        Edge(owner, top, "intermediate node", frozenset(), frozenset({W, U})),
        Edge(mt, top, "backing", frozenset(), ALL),
    ]
    assert len(why_not(Picture(Graph.of(nodes, edges)), "r", "mt")) == held


def test_only_the_edges_of_a_path_are_marked_on_their_lines() -> None:
    picture = chain()
    more = Node("job", "j", "mirror")
    graph = Graph.of(
        [*picture.graph.nodes, more],
        [*picture.graph.edges, Edge(more.id, "n_top", "source", frozenset(), ALL)],
    )
    lines = tree(path(Picture(graph, picture.facts), "vda")).splitlines()
    assert "» └─ root  rw-- / r-us  thr  filter throttle" in lines
    assert "  └─ source  ---- / rwus  top  ↑" in lines


def test_a_path_goes_on_into_the_process_that_serves_it() -> None:
    client_side = client("exp0")
    user = Node("backend", "vda")
    writes = Edge(user.id, "n_remote", "root", frozenset({W}), ALL)
    src = Picture(Graph.of([*client_side.graph.nodes, user], [writes]), client_side.facts)
    marks = path(join({"src": src, "dst": server(W)}), "src:vda").marks
    assert {"n_src_3a_remote", "e_dst_3a_exp0", "n_dst_3a_disk"} <= set(marks)
    marks = path(join({"src": src, "dst": server()}), "src:vda").marks
    assert "e_dst_3a_exp0" not in marks


def test_a_new_parent_of_a_filter_meets_those_who_use_what_is_below() -> None:
    picture = chain()
    job = Node("backend", "other")
    graph = picture.graph
    more = Edge(job.id, "n_top", "root", frozenset(), frozenset({R}))
    more_graph = Graph.of([*graph.nodes, job], [*graph.edges, more])
    found = why_not(Picture(more_graph), "write", "thr")
    assert [it.edge for it in found] == [
        ("b_vda", "root", "n_thr"),
        ("b_other", "root", "n_top"),
    ]


def test_nothing_is_in_the_way_of_what_all_share() -> None:
    assert why_not(chain(), "consistent-read", "thr") == []


def page(name: str) -> str:
    return (ROOT / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("reason", REASONS)
def test_every_rule_and_section_that_is_cited_is_in_the_guide(reason: Why) -> None:
    it = REASONS[reason]
    assert f"({it.section})=" in page(it.page)
    if it.rule:
        assert re.search(rf"^```{{rule}} {it.rule}$", page(it.page), re.MULTILINE)


def test_a_refusal_names_a_numbered_rule_and_where_it_is() -> None:
    [found] = why_not(chain(), "w", "thr")
    assert found.rule == "PERM-6"
    assert str(found).endswith("(docs/devel/block/permissions.md#perm-6).")
    assert "Rule PERM-6: a guest's disk shares all but write" in str(found)


def test_only_what_is_no_edge_may_lack_a_numbered_rule() -> None:
    assert {it for it in REASONS if not REASONS[it].rule} <= {"ro", "inactive"}


@pytest.mark.parametrize("term", TERMS.values())
def test_every_kind_of_node_is_in_the_glossary(term: str) -> None:
    assert f"\n{term}\n  " in page("docs/glossary")


@pytest.mark.parametrize(
    ("parent", "role", "perm", "found"),
    [
        (Node("backend", "vda"), "root", {R, W}, "device"),
        (Node("backend", "vda"), "root", {R}, "device"),
        (Node("backend", "m0 target"), "root", {W}, "job"),
        (Node("backend", "src:m0 target"), "root", {W}, "job"),
        (Node("backend", "unnamed on top"), "root", {R, W}, "backend"),
        (Node("backend", "src:unnamed on top"), "root", {R, W}, "backend"),
        (Node("node", "n", "raw"), "file", {R}, "node"),
        (Node("node", "n", "luks"), "file", {R}, "node"),
        (Node("export", "e", "nbd"), "root", {R}, "export"),
        (Node("job", "j", "mirror"), "main node", set(), "job"),
        (Node("filter", "f", "throttle"), "file", {R}, "filter"),
        (Node("filter", "f", "mirror_top"), "backing", {R}, "job filter"),
        (Node("node", "n", "qcow2"), "file", {R}, "file"),
        (Node("node", "n", "qcow2"), "backing", {R}, "backing"),
        (Node("node", "n", "quorum"), "children.0", {R}, "node"),
    ],
)
def test_what_an_edge_rests_on(parent: Node, role: str, perm: set[str], found: Why) -> None:
    edge = Edge(parent.id, "n_x", role, frozenset(perm), ALL)
    assert why(parent, edge) == found


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (("write", "nobody"), "nothing in the graph is called so; there are: base"),
        (("chmod", "top"), "no permission; there are consistent-read"),
        (("write", "vda"), "this is a backend"),
    ],
)
def test_a_question_that_makes_no_sense_is_answered_in_one_line(
    ask: tuple[str, str], words: str
) -> None:
    with pytest.raises(AuthorError, match=re.escape(words)):
        why_not(chain(), *ask)


def test_only_keeps_what_is_connected() -> None:
    picture = picture_of(answers(disk(1), disk(2)), "x")
    groups = (Group("tg0", {"iops-total": 1}), Group("tg1", {"iops-total": 2}))
    facts = {**picture.facts, "n_disk1_2e_0": Facts(group="tg1")}
    found = only(replace(picture, groups=groups, facts=facts), "disk1.0")
    names = [node.name for node in found.graph.nodes]
    assert names == ["vd1/virtio", "disk1.0", "disk1.1"]
    assert found.groups == groups[1:]


def test_a_comparison_tells_what_was_added_removed_changed() -> None:
    old, new = chain(), chain()
    graph = new.graph
    nodes = [it for it in graph.nodes if it.name != "base"]
    nodes = [Node(it.kind, it.name, "raw") if it.name == "top" else it for it in nodes]
    nodes.append(Node("job", "mirror0", "mirror"))
    edges = [it for it in graph.edges if it.role != "backing"]
    edges = [
        Edge(it.parent, it.child, it.role, it.perm, ALL) if it.role == "root" else it
        for it in edges
    ]
    new = Picture(Graph.of(nodes, edges), {"n_top-file": Facts(file="new.img")})
    said = [str(it) for it in changes(old, new)]
    assert said == [
        "removed node base: qcow2, ro",
        "added job mirror0: mirror",
        "changed node top: driver qcow2 → raw",
        "changed node top-file: file top.img → new.img",
        "removed edge top → base (backing): r--- / r-u-",
        "changed edge backend vda → thr (root): rw-- / r-us → rw-- / rwus",
    ]
    view = difference(old, new)
    signs = {line[0] for line in tree(view).splitlines() if line}
    assert {"+", "-", "~"} <= signs
    assert "classDef removed" in mermaid(view)


def test_equal_pictures_do_not_differ() -> None:
    assert changes(chain(), chain()) == ()
    assert "nothing differs" in tree(difference(chain(), chain()))


def client(export: str) -> Picture:
    node = Node("node", "remote", "nbd")
    return Picture(Graph.of([node], []), {node.id: Facts(file=f"nbd://host:10809/{export}")})


def server(*perm: str) -> Picture:
    nodes = [Node("export", "exp0", "nbd"), Node("node", "disk", "qcow2")]
    edge = Edge(nodes[0].id, nodes[1].id, "root", frozenset(perm))
    return Picture(Graph.of(nodes, [edge]))


@pytest.mark.parametrize("export", ["exp0", "disk"])
def test_a_client_is_joined_to_the_export_of_another_machine(export: str) -> None:
    whole = join({"src": client(export), "dst": server()})
    edges = [edge for edge in whole.graph.edges if edge.role == "nbd"]
    nodes = whole.graph.by_id()
    assert [(nodes[it.parent].name, nodes[it.child].name) for it in edges] == [
        ("src:remote", "dst:exp0")
    ]
    assert "other process" in tree(View(whole))


def test_a_client_is_not_joined_where_two_exports_fit() -> None:
    whole = join({"src": client("disk"), "a": server(), "b": server()})
    assert [edge.role for edge in whole.graph.edges] == ["root", "root"]


def test_a_client_is_not_joined_to_its_own_machine() -> None:
    one = client("exp0")
    both = Picture(
        Graph.of([*one.graph.nodes, *server().graph.nodes], server().graph.edges), one.facts
    )
    assert "nbd" not in [edge.role for edge in join({"vm": both}).graph.edges]


def test_an_edge_to_another_process_has_no_permissions_anywhere() -> None:
    view = View(join({"src": client("exp0"), "dst": server(R)}))
    for drawn in (tree(view), to_dot(view), draw_view(view)):
        assert "other process" in drawn
        assert "---- / ----" not in drawn
    assert "src:remote is a client of export dst:exp0, in another process" in draw_view(view)
