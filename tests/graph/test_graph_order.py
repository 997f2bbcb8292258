# SPDX-License-Identifier: GPL-2.0-or-later
"""The order of vertices follows from the graph, not from how it was written down."""

from itertools import permutations

from blockdoc.graph._order import canonical_order
from blockdoc.graph._vertices import Link
from blockdoc.graph.model import Node
from hypothesis import given
from hypothesis import strategies as st

NONE: frozenset[str] = frozenset()


def link(parent: int, child: int, role: str = "child") -> Link:
    return Link(parent, child, role, NONE, NONE)


def test_the_order_in_which_edges_are_listed_does_not_matter() -> None:
    # 1 and 2 look alike until their children are compared: {raw, vmdk} against {qcow2, qcow2}.
    drivers = {1: "quorum", 2: "quorum", 3: "raw", 4: "vmdk", 5: "qcow2", 6: "qcow2"}
    nodes = {key: Node("node", "unnamed", driver) for key, driver in drivers.items()}
    links = [link(1, 3), link(1, 4), link(2, 5), link(2, 6)]
    found = {
        tuple(key for key in canonical_order(nodes, order) if key in {1, 2})
        for order in permutations(links)
    }
    assert len(found) == 1


@given(st.data())
def test_chains_without_names_come_out_the_same_whatever_their_numbers(
    data: st.DataObject,
) -> None:
    chains = data.draw(
        st.lists(
            st.lists(st.sampled_from(["raw", "qcow2"]), min_size=1, max_size=4), max_size=4
        )
    )
    drivers = [driver for chain in chains for driver in chain]
    links, place = [], 0
    for chain in chains:
        links += [(place + depth, place + depth + 1) for depth in range(len(chain) - 1)]
        place += len(chain)

    def written(numbers: list[int], shuffled: list[tuple[int, int]]) -> list[object]:
        """Write nodes and edges in canonical order, without any number of QEMU's."""
        listed = sorted(zip(numbers, drivers, strict=True))
        nodes = {key: Node("node", "?", driver) for key, driver in listed}
        ends = [(numbers[one], numbers[other]) for one, other in shuffled]
        order = canonical_order(nodes, [link(*it) for it in ends])
        rank = {key: number for number, key in enumerate(order)}
        edges = sorted((rank[one], rank[other]) for one, other in ends)
        return [[nodes[key].driver for key in order], edges]

    count = list(range(len(drivers)))
    numbers = data.draw(st.permutations(count))
    shuffled = data.draw(st.permutations(links))
    assert written(numbers, shuffled) == written(count, links)
