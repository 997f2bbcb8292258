# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures to test with: any that can be, hostile ones, and answers as QEMU gives them."""

from itertools import pairwise
from typing import Any

from blockdoc.graph import Edge, Graph, Node
from blockdoc.graph.model import KINDS, PERMISSIONS
from blockdoc.graph.picture import Bitmap, Facts, Group, Machine, Picture
from hypothesis import strategies as st

#: Names that something may take for its own syntax.
HOSTILE = [
    'quote"s \\ back\\\\slash',
    "line\nbreak\r\ttab",
    "</script><script>report('name')</script>",
    "<img src=x onerror=\"report('name')\">",
    'a"]; evil [label="x',
    "--> end\nsubgraph x",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "\u202eltr \u2066x",
    "&lt;b&gt; &#60;",
    "x" * 4000,
    "bad\udcffutf8",
    "日本語" * 30,
    "%s {0} ${x}",
    "]]>",
    "\\N\\G\\l",
]
TEXTS = st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=12)
NUMBERS = st.none() | st.integers(0, 1 << 63)
PERMS = st.frozensets(st.sampled_from(list(PERMISSIONS.values())))
BITMAPS = st.builds(
    Bitmap,
    TEXTS,
    st.integers(0, 1 << 40),
    st.integers(0, 1 << 40),
    st.sampled_from([(), ("recording",), ("recording", "persistent")]),
)
FACTS = st.builds(
    Facts,
    file=st.just("") | TEXTS,
    size=NUMBERS,
    flags=st.sampled_from([(), ("inactive",), ("unnamed", "implicit")]),
    device=st.just("") | TEXTS,
    state=st.sampled_from(["", "running", "ready"]),
    offset=NUMBERS,
    length=NUMBERS,
    group=st.just("") | TEXTS,
    bitmaps=st.lists(BITMAPS, max_size=2).map(tuple),
    matched=st.just("") | TEXTS,
)


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    """Make any picture."""
    nodes = draw(
        st.lists(
            st.builds(
                Node,
                st.sampled_from(KINDS),
                TEXTS,
                TEXTS,
                st.sampled_from([(), ("ro",)]),
            ),
            max_size=7,
            unique_by=lambda node: node.id,
        )
    )
    edges = []
    if nodes:
        ids = st.sampled_from([node.id for node in nodes])
        edges = draw(
            st.lists(
                st.builds(Edge, ids, ids, TEXTS, PERMS, PERMS),
                max_size=9,
                unique_by=lambda edge: (edge.parent, edge.child, edge.role),
            )
        )
    facts = {node.id: draw(FACTS) for node in nodes}
    groups = draw(st.lists(st.builds(Group, TEXTS, st.just({"iops-total": 5})), max_size=2))
    machine = Machine(draw(st.just("") | TEXTS), "10.2.2", draw(st.booleans()))
    kept = {key: value for key, value in facts.items() if value != Facts()}
    return Picture(Graph.of(nodes, edges), kept, tuple(groups), (machine,))


def hostile() -> Picture:
    """Make a picture in which every text is hostile."""
    nodes = [Node(KINDS[n % 5], text, text) for n, text in enumerate(HOSTILE)]
    edges = [
        Edge(one.id, two.id, one.name, frozenset({"write"})) for one, two in pairwise(nodes)
    ]
    facts = {
        node.id: Facts(
            file=node.name, device=node.name, group=node.name, bitmaps=(Bitmap(node.name),)
        )
        for node in nodes
    }
    groups = tuple(Group(text, {"iops-total": 1}) for text in HOSTILE)
    jobs = tuple((text, text, text) for text in HOSTILE)
    return Picture(Graph.of(nodes, edges), facts, groups, (Machine("", "1", jobs=jobs),))


RW, SHARE_R = ["consistent-read", "write"], ["consistent-read", "write-unchanged", "resize"]


def disk(number: int, *, length: int = 2, named: bool = True) -> dict[str, list[Any]]:
    """Make the answers about one disk: a device, and a chain of nodes below it."""
    first = number * 100
    nodes = [
        {"id": first, "type": "block-backend", "name": f"/machine/peripheral/vd{number}/virtio"}
    ]
    infos = []
    for depth in range(length):
        name = f"disk{number}.{depth}" if named or not depth else f"#block{first + depth}"
        nodes.append({"id": first + depth + 1, "type": "block-driver", "name": name})
        infos.append(
            {
                "node-name": name,
                "drv": "raw" if depth + 1 < length else "file",
                "ro": False,
                "file": f"disk{number}.img",
                "image": {"virtual-size": 1 << 20},
            }
        )
    edges = [
        {
            "name": "file" if depth else "root",
            "parent": first + depth,
            "child": first + depth + 1,
            "perm": RW,
            "shared-perm": SHARE_R,
        }
        for depth in range(length)
    ]
    return {"nodes": nodes, "edges": edges, "infos": infos}


def answers(*disks: dict[str, list[Any]]) -> dict[str, Any]:
    """Put disks into one map of answers."""
    return {
        "x-debug-query-block-graph": {
            "nodes": [node for it in disks for node in it["nodes"]],
            "edges": [edge for it in disks for edge in it["edges"]],
        },
        "query-named-block-nodes": [info for it in disks for info in it["infos"]],
        "query-version": {"qemu": {"major": 10, "minor": 2, "micro": 2}, "package": ""},
    }
