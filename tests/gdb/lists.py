# SPDX-License-Identifier: GPL-2.0-or-later
"""For gdb: print the addresses of pointers by which QEMU's lists hang together."""

import gdb
from qemublock.graph import Graph
from qemublock.knowledge import Knowledge
from qemublock.lists import elements, has


def _say(pointer: gdb.Value) -> None:
    gdb.write(f"pointer {int(pointer.address)}\n")


known = Knowledge.now()
graph = Graph()
for bs in graph.nodes:
    _say(bs["node_list"]["tqe_next"])
    _say(bs["drv"])
    _say(bs["opaque"])
    if not has(bs, "children"):
        continue
    for edge in elements(bs["children"], "next"):
        _say(edge["next"]["qle_next" if has(edge["next"], "qle_next") else "le_next"])
        _say(edge["bs"])
        _say(edge["name"])
    for request in elements(bs["tracked_requests"], "list"):
        _say(request["list"]["le_next"])
        _say(request["co"])
        _say(request["waiting_for"])
for job in graph.jobs:
    _say(job["job_list"]["le_next"])
    _say(job["id"])
    _say(job["driver"])
    _say(job["co"])
for blk in graph.backends:
    _say(blk["link"]["tqe_next"])
    _say(blk["root"])
for export in graph.exports:
    _say(export["next"]["le_next"])
    _say(export["blk"])
for one in known.coroutines.all:
    for name in ("caller", "entry"):
        _say(one.value[name])
