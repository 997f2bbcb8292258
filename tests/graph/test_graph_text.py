# SPDX-License-Identifier: GPL-2.0-or-later
"""A graph in words."""

from itertools import pairwise

from blockdoc.graph import Edge, Graph, Node, describe


def chain(*names: str) -> Graph:
    nodes = [Node("node", name, "qcow2") for name in names]
    edges = [Edge(f"n_{a}", f"n_{b}", "backing") for a, b in pairwise(names)]
    return Graph.of(nodes, edges)


def test_a_node_is_told_below_its_user_with_its_permissions() -> None:
    nodes = [Node("export", "e", "nbd"), Node("filter", "f", "throttle", ("ro",))]
    graph = Graph.of(nodes, [Edge("e_e", "n_f", "root", frozenset({"write"}))])
    assert describe(graph) == "export e (nbd)\n  root, -w-- / ----: f (filter throttle, ro)"


def test_a_node_with_two_users_is_told_once() -> None:
    nodes = [Node("node", name, "raw") for name in "abcd"]
    edges = [Edge("n_a", "n_c", "file"), Edge("n_b", "n_c", "file"), Edge("n_c", "n_d", "file")]
    assert describe(Graph.of(nodes, edges)).count("d (raw)") == 1


def test_a_circle_is_told_to_its_end() -> None:
    nodes = [Node("node", name, "raw") for name in "ab"]
    told = describe(Graph.of(nodes, [Edge("n_a", "n_b", "x"), Edge("n_b", "n_a", "y")]))
    assert told == "a (raw)\n  x, ---- / ----: b (raw)\n    y, ---- / ----: a"


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    assert len(describe(chain(*(f"x{i}" for i in range(3000)))).splitlines()) == 3000


def test_an_empty_graph_has_nothing_to_tell() -> None:
    assert describe(Graph()) == ""
