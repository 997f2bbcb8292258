# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures: made of answers, written in every format, the same whatever QEMU's order."""

import json
import re
import shutil
import subprocess
import unicodedata
from dataclasses import replace
from random import Random
from xml.etree import ElementTree as ET

import pytest
from blockdoc.errors import AuthorError, Place, QemuError
from blockdoc.graph import parse_mermaid
from blockdoc.graph.changes import changes
from blockdoc.graph.collapse import BUSY, collapse
from blockdoc.graph.dot_text import to_dot
from blockdoc.graph.facts import picture_of
from blockdoc.graph.join import join
from blockdoc.graph.json_form import from_json, to_json
from blockdoc.graph.mermaid_marks import mermaid
from blockdoc.graph.picture import Bitmap, Facts, Group, Picture
from blockdoc.graph.tree import WIDTH, tree
from blockdoc.graph.view import View
from blockdoc.graph.words import columns, headline, size
from blockdoc.layout.standalone import draw_view, draw_views
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_support import answers, disk, hostile, pictures


def text_of(picture: Picture) -> str:
    return json.dumps(to_json(picture), indent=1)


@settings(deadline=None, max_examples=80)
@given(pictures())
def test_a_picture_reads_back_from_json_as_itself(picture: Picture) -> None:
    assert from_json(json.loads(text_of(picture)), "dump") == picture


@settings(deadline=None, max_examples=80)
@given(pictures())
def test_a_picture_keeps_its_graph_in_mermaid(picture: Picture) -> None:
    assert parse_mermaid(mermaid(View(picture)), Place("x", 1)) == picture.graph


@settings(deadline=None, max_examples=80)
@given(picture=pictures(), generated=st.booleans())
def test_the_tree_never_gets_wider_than_mail_and_nothing_in_it_is_obeyed(
    picture: Picture, *, generated: bool
) -> None:
    for line in tree(View(picture), generated=generated).split("\n"):
        assert columns(line) <= WIDTH, line
        bad = [c for c in line if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
        assert bad == []


def test_a_painted_tree_holds_no_escape_but_our_own() -> None:
    text = tree(View(hostile()), colour=True)
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert re.sub(r"\x1b\[[0-9;]*m", "", text) == tree(View(hostile()))


@settings(deadline=None, max_examples=40)
@given(count=st.integers(1, 4), named=st.booleans(), random=st.randoms())
def test_the_order_and_the_numbers_of_the_answers_do_not_matter(
    *, count: int, named: bool, random: Random
) -> None:
    plain = answers(*(disk(n, length=3, named=named) for n in range(count)))
    mixed = json.loads(json.dumps(plain))
    graph = mixed["x-debug-query-block-graph"]
    new = {node["id"]: number for number, node in enumerate(graph["nodes"])}
    names = {n["name"]: f"#block{random.randrange(10**6)}x{n['id']}" for n in graph["nodes"]}
    for node in graph["nodes"]:
        node["id"] = new[node["id"]]
        if node["name"].startswith("#"):
            node["name"] = names[node["name"]]
    for info in mixed["query-named-block-nodes"]:
        if info["node-name"].startswith("#"):
            info["node-name"] = names[info["node-name"]]
    for edge in graph["edges"]:
        edge["parent"], edge["child"] = new[edge["parent"]], new[edge["child"]]
    for part in (graph["nodes"], graph["edges"], mixed["query-named-block-nodes"]):
        random.shuffle(part)
    one, other = picture_of(plain, "a"), picture_of(mixed, "b")
    assert text_of(one) == text_of(other)
    for write in (mermaid, to_dot, tree):
        assert write(View(one)) == write(View(other))


def test_the_dump_has_nodes_and_edges_as_qmp_has_them() -> None:
    plain = answers(disk(1))
    found = to_json(picture_of(plain, "x"))
    graph = plain["x-debug-query-block-graph"]
    types = sorted(node["type"] for node in graph["nodes"])
    assert sorted(node["type"] for node in found["nodes"]) == types
    keys = {"name", "parent", "child", "perm", "shared-perm"}
    assert all(set(edge) == keys for edge in found["edges"])
    assert picture_of({"x-debug-query-block-graph": found}, "x").graph.edges


def test_the_name_that_qemu_made_up_is_there_only_if_asked_for() -> None:
    picture = picture_of(answers(disk(1, named=False)), "x")
    assert "#block" not in text_of(picture) + tree(View(picture)) + to_dot(View(picture))
    assert "#block101" in tree(View(picture), generated=True)
    named = to_json(picture, generated=True)["nodes"]
    assert "#block101" in [node["name"] for node in named]
    assert from_json(to_json(picture, generated=True), "x") == picture


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ({"version": 99}, "version 99 of the dump, this reads 1"),
        ({"nodes": 5}, "not a whole dump"),
        ({"nodes": [{"id": 1}]}, "not a whole dump"),
        ({"edges": [{"parent": 1}]}, "not a whole dump"),
        ({"machines": None}, "not a whole dump"),
        ({"throttle-groups": [{"name": 1, "limits": {}}]}, "not a whole dump"),
    ],
)
def test_a_damaged_dump_is_one_line(damage: dict[str, object], words: str) -> None:
    good = to_json(picture_of(answers(disk(1)), "x"))
    with pytest.raises(AuthorError, match=words) as error:
        from_json({**good, **damage}, "f.json")
    assert str(error.value).startswith("f.json: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"x-debug-query-block-graph": None},
        {"x-debug-query-block-graph": {"nodes": [{"id": 1, "type": "x"}], "edges": []}},
        {"x-debug-query-block-graph": {"nodes": [], "edges": [{}]}},
        {"x-debug-query-block-graph": {"nodes": [], "edges": []}, "query-block-jobs": [1]},
    ],
)
def test_answers_that_are_none_of_qemu_are_one_line(bad: dict[str, object]) -> None:
    with pytest.raises(QemuError, match=r"^vm: ") as error:
        picture_of(bad, "vm")
    assert "\n" not in str(error.value)


def test_facts_come_from_where_qemu_tells_them() -> None:
    plain = answers(disk(1))
    top = plain["query-named-block-nodes"][0]
    top["dirty-bitmaps"] = [
        {"name": "b", "granularity": 65536, "count": 65536, "recording": True}
    ]
    top["file"] = 'json:{"throttle-group": "tg", "driver": "throttle"}'
    top["active"] = False
    top["drv"] = "throttle"
    plain["query-block"] = [
        {
            "device": "",
            "qdev": "/machine/peripheral/vd1/virtio",
            "io-status": "nospace",
            "inserted": {"group": "iotune"},
        }
    ]
    plain["query-jobs"] = [{"id": "create0", "type": "create", "status": "running"}]
    plain["throttle-groups"] = {"tg": {"iops-total": 5, "bps-total": 0}}
    text = tree(View(picture_of(plain, "x")))
    for words in (
        "inactive",
        "bitmap b, 64 KiB dirty, recording",
        "throttle group tg: iops-total 5",
        "I/O nospace",
        "throttle group iotune",
        "job create0 uses no node: create, running",
    ):
        assert words in text


def test_a_long_chain_goes_on_further_down() -> None:
    text = tree(View(picture_of(answers(disk(1, length=60)), "x")))
    assert text.count("(continued)") > 3
    for depth in range(60):
        assert f"disk1.{depth} " in text


@pytest.mark.parametrize("count", [2, 30])
def test_equal_disks_become_one(count: int) -> None:
    view = View(picture_of(answers(*(disk(n, length=4) for n in range(count))), "x"))
    shown = collapse(view)
    if 5 * count <= BUSY:
        assert shown is view
        return
    assert len(shown.picture.graph.nodes) == 5
    assert {shown.times(node.id) for node in shown.picture.graph.nodes} == {count}
    assert f"{4 * count} nodes, {count} backends" in tree(shown)


def test_a_disk_that_differs_is_shown_by_itself() -> None:
    disks = [disk(n, length=4) for n in range(30)]
    disks[7]["edges"][2]["perm"] = []
    view = collapse(View(picture_of(answers(*disks), "x")))
    assert len(view.picture.graph.nodes) == 10
    assert sorted(view.times(it.id) for it in view.picture.graph.nodes) == [1] * 5 + [29] * 5


def test_disks_over_one_base_become_one_and_the_base_stays() -> None:
    disks = [disk(n, length=4) for n in range(30)]
    for it in disks[1:]:
        it["edges"].append({**it["edges"][-1], "name": "backing", "child": 4})
    view = collapse(View(picture_of(answers(*disks), "x")))
    assert "disk0.3" in {node.name for node in view.picture.graph.nodes}
    assert max(view.times(node.id) for node in view.picture.graph.nodes) == 29


def test_a_ring_in_a_made_up_dump_ends() -> None:
    it = disk(1, length=70)
    it["edges"].append({**it["edges"][-1], "parent": 170, "child": 101})
    view = View(picture_of(answers(it), "x"))
    assert "disk1.69" in tree(collapse(view))


def test_graphviz_shows_every_name_as_it_is() -> None:
    if shutil.which("dot") is None:
        pytest.skip("no dot")
    program = to_dot(View(hostile()))
    done = subprocess.run(
        [shutil.which("dot") or "", "-Tsvg"],
        input=program.encode(),
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    root = ET.fromstring(done.stdout)  # noqa: S314 - ours
    shown = "".join(root.itertext())
    assert 'quote"s \\ back\\\\slash' in shown
    assert "</script><script>report('name')</script>" in shown
    assert "&lt;b&gt; &#60;" in shown
    assert "\\N\\G\\l" in shown
    assert len(root.findall(".//*[@class='node']")) == len(hostile().graph.nodes)


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 B"), (512, "512 B"), (1 << 20, "1 MiB"), (197120, "192.5 KiB"), (1 << 62, "4 EiB")],
)
def test_sizes_are_short(number: int, words: str) -> None:
    assert size(number) == words


def test_each_machine_counts_its_own() -> None:
    whole = join({"a": picture_of(answers(disk(1)), "x"), "b": picture_of(answers(), "x")})
    assert headline(View(whole)) == [
        "a: QEMU 10.2.2; 2 nodes, 1 backend",
        "b: QEMU 10.2.2; no nodes, no users",
    ]


def test_sizes_and_bitmaps_that_changed_are_told_in_short() -> None:
    one = picture_of(answers(disk(1)), "x")

    def turned(old: Facts, new: Facts) -> list[str]:
        key = one.graph.nodes[1].id
        return [
            it.detail
            for it in changes(replace(one, facts={key: old}), replace(one, facts={key: new}))
        ]

    assert turned(Facts(size=1 << 20), Facts(size=3 << 20)) == ["size 1 MiB → 3 MiB"]
    assert turned(Facts(size=1 << 40), Facts(size=(1 << 40) + 1)) == [
        "size 1099511627776 bytes → 1099511627777 bytes"
    ]
    daily, more = Bitmap("daily", count=1 << 20), Bitmap("more")
    assert turned(Facts(bitmaps=(daily,)), Facts(bitmaps=(replace(daily, count=0), more))) == [
        "bitmap daily, 1 MiB dirty → clean; new bitmap more, clean"
    ]
    assert turned(Facts(bitmaps=(daily, more)), Facts(bitmaps=(daily,))) == [
        "no more bitmap more, clean"
    ]


def test_every_picture_tells_limits_letters_and_what_it_leaves_out() -> None:
    picture = replace(
        picture_of(answers(disk(1)), "x"), groups=(Group("tg0", {"iops-total": 100}),)
    )
    view = View(
        picture,
        {picture.graph.nodes[0].id: "added"},
        notes=tuple(f"note {it}." for it in range(40)),
    )
    for drawn in (draw_view(view), to_dot(view)):
        assert "note 22." in drawn
        assert "note 23." not in drawn
        assert "and 18 more, which the text tells" in drawn
        assert "w write, u write-unchanged" in drawn
        assert "drawn thick: blue added" in drawn
    for drawn in (draw_view(View(picture)), to_dot(View(picture)), tree(View(picture))):
        assert "throttle group tg0: iops-total 100" in drawn


def test_what_stands_above_frames_moves_nothing_below() -> None:
    picture = picture_of(answers(disk(1)), "x")
    busy = View(replace(picture, groups=(Group("tg0", {}),)))
    first, second = draw_views([View(picture), busy], ["f", "f"])
    places = [re.findall(r"translate\([^)]*\)", it) for it in (first, second)]
    assert places[0] == places[1] != []
