# SPDX-License-Identifier: GPL-2.0-or-later
"""Real answers of real QEMUs, and the graphs that are made of them.

``cases/WHAT-RELEASE.json`` holds what a QEMU of that release answered to the four
commands; of nodes and jobs, only the members that are read.  The ``.mmd`` beside it
is the canonical text.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from blockdoc.errors import QemuError
from blockdoc.graph import Graph, graph_from_qmp, to_mermaid
from hypothesis import given, settings
from hypothesis import strategies as st

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))
COMMANDS = (
    "x-debug-query-block-graph",
    "query-named-block-nodes",
    "query-block-jobs",
    "query-block-exports",
)


def load(path: Path) -> list[Any]:
    answers = json.loads(path.read_text(encoding="utf-8"))
    return [answers[command] for command in COMMANDS]


def graph(*, nodes: Sequence[Any], edges: Sequence[Any] = ()) -> Graph:
    """Make a graph of ``(id, type, name, driver)`` and ``(parent, child, role, perms)``."""
    drivers = [{"node-name": n, "drv": d, "ro": False} for _, t, n, d in nodes if t == "driver"]
    vertices = [{"id": i, "type": f"block-{t}", "name": n} for i, t, n, _ in nodes]
    links = [
        {"parent": p, "child": c, "name": r, "perm": list(perm), "shared-perm": list(shared)}
        for p, c, r, perm, shared in edges
    ]
    return graph_from_qmp({"nodes": vertices, "edges": links}, drivers, [], [])


def names(made: Graph) -> list[str]:
    return [node.name for node in made.nodes]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_real_answers_make_the_recorded_text(path: Path) -> None:
    expected = path.with_suffix(".mmd").read_text(encoding="utf-8")
    assert to_mermaid(graph_from_qmp(*load(path))) == expected


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
@settings(deadline=None, max_examples=10)
@given(data=st.data())
def test_order_and_numbers_and_generated_names_do_not_matter(
    path: Path, data: st.DataObject
) -> None:
    block_graph, nodes, jobs, exports = load(path)
    expected = to_mermaid(graph_from_qmp(block_graph, nodes, jobs, exports))
    ids = [node["id"] for node in block_graph["nodes"]]
    number = dict(zip(ids, data.draw(st.permutations(ids)), strict=True))
    generated = [n["node-name"] for n in nodes if n["node-name"].startswith("#")]
    fresh = data.draw(st.permutations([f"#block{i}" for i in range(len(generated))]))
    name = dict(zip(generated, fresh, strict=True))
    block_graph = {
        "nodes": data.draw(
            st.permutations(
                [
                    {**n, "id": number[n["id"]], "name": name.get(n["name"], n["name"])}
                    for n in block_graph["nodes"]
                ],
            ),
        ),
        "edges": data.draw(
            st.permutations(
                [
                    {**e, "parent": number[e["parent"]], "child": number[e["child"]]}
                    for e in block_graph["edges"]
                ],
            ),
        ),
    }
    renamed = [
        data.draw(
            st.permutations(
                [{**n, "node-name": name.get(n["node-name"], n["node-name"])} for n in answer],
            ),
        )
        for answer in (nodes, exports)
    ]
    assert to_mermaid(graph_from_qmp(block_graph, renamed[0], jobs, renamed[1])) == expected


def test_no_generated_name_and_no_number_enters() -> None:
    for path in CASES:
        assert "block" not in path.with_suffix(".mmd").read_text(encoding="utf-8")


def test_the_smallest_path_is_the_shortest_then_the_first() -> None:
    made = graph(
        nodes=[(2, "driver", "a", "q"), (1, "driver", "b", "q"), (3, "driver", "#block1", "f")],
        edges=[(2, 3, "file", (), ()), (1, 3, "backing", (), ())],
    )
    assert names(made) == ["a", "a/file", "b"]


def test_a_path_begins_at_a_node_rather_than_at_a_job() -> None:
    made = graph(
        nodes=[(1, "job", "a", ""), (2, "driver", "top", "q"), (3, "driver", "#block1", "f")],
        edges=[(1, 3, "main node", (), ()), (2, 3, "file", (), ())],
    )
    assert "top/file" in names(made)


def test_a_role_that_its_parent_has_twice_leads_nowhere_if_there_is_another_way() -> None:
    made = graph(
        nodes=[
            (1, "job", "j", ""),
            (2, "driver", "top", "q"),
            (3, "driver", "#block1", "q"),
            (4, "driver", "#block2", "q"),
        ],
        edges=[
            (1, 3, "intermediate node", (), ()),
            (1, 4, "intermediate node", (), ()),
            (2, 3, "backing", (), ()),
            (3, 4, "backing", (), ()),
        ],
    )
    assert names(made) == ["j", "top", "top/backing", "top/backing/backing"]


def test_what_nothing_leads_to_is_called_after_what_it_is_over() -> None:
    made = graph(
        nodes=[
            (1, "driver", "#block1", "qcow2"),
            (2, "driver", "top", "q"),
            (3, "driver", "#block3", "file"),
        ],
        edges=[(1, 2, "backing", (), ()), (1, 3, "file", (), ())],
    )
    assert names(made) == ["qcow2 over top", "qcow2 over top/file", "top"]


def test_what_looks_the_same_is_numbered() -> None:
    made = graph(nodes=[(i, "driver", f"#block{i}", "file") for i in (1, 2, 3)])
    assert names(made) == ["file", "file (2)", "file (3)"]


def test_numbers_follow_the_graph_through_a_pair_of_chains() -> None:
    nodes = [(i, "driver", f"#block{i}", "qcow2" if i < 3 else "file") for i in (1, 2, 3, 4)]
    straight = graph(nodes=nodes, edges=[(1, 3, "file", (), ()), (2, 4, "file", (), ())])
    crossed = graph(nodes=nodes, edges=[(1, 4, "file", (), ()), (2, 3, "file", (), ())])
    assert straight == crossed


def test_a_made_up_name_never_takes_one_that_somebody_gave() -> None:
    made = graph(
        nodes=[
            (1, "driver", "top", "q"),
            (2, "driver", "#block1", "file"),
            (3, "driver", "top/file", "raw"),
        ],
        edges=[(1, 2, "file", (), ())],
    )
    assert {node.name: node.driver for node in made.nodes} == {
        "top": "q",
        "top/file": "raw",
        "top/file (2)": "file",
    }


def test_a_backend_that_nobody_claims_says_where_it_is() -> None:
    made = graph(
        nodes=[(1, "backend", "", ""), (2, "driver", "top", "q")],
        edges=[(1, 2, "root", (), ())],
    )
    assert names(made) == ["unnamed on top", "top"]


def test_an_edge_that_leads_nowhere_is_an_answer_to_take_again() -> None:
    with pytest.raises(QemuError, match="`file` from 1 to 2"):
        graph(nodes=[(1, "driver", "top", "q")], edges=[(1, 2, "file", (), ())])


def test_a_permission_that_the_guide_does_not_know_is_left_out() -> None:
    nodes = [(1, "driver", "a", "q"), (2, "driver", "b", "q")]
    made = graph(nodes=nodes, edges=[(1, 2, "file", ("write", "graph-mod"), ())])
    assert made.edges[0].perm == {"write"}
