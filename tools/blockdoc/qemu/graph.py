# SPDX-License-Identifier: GPL-2.0-or-later
"""Ask a running QEMU for its block graph."""

from typing import Any, cast

from blockdoc.errors import QemuError
from blockdoc.graph import Graph, graph_from_qmp
from blockdoc.qemu.session import Session

__all__ = ["query_graph"]

ATTEMPTS = 10


async def query_graph(session: Session) -> Graph:
    """Return the block graph of a live QEMU, in canonical form.

    Four answers make one picture, so they must be of one moment: a graph that changes
    meanwhile is asked for again.

    :raise QemuError: QEMU refused a query, or died, or its graph never stands still.
    """
    before = await session.ask("x-debug-query-block-graph")
    for _ in range(ATTEMPTS):
        nodes = await session.ask("query-named-block-nodes", flat=True)
        jobs = await session.ask("query-block-jobs")
        exports = await session.ask("query-block-exports")
        after = await session.ask("x-debug-query-block-graph")
        if before == after:
            answers = cast("tuple[Any, Any, Any, Any]", (before, nodes, jobs, exports))
            return graph_from_qmp(*answers)
        before = after
    raise QemuError("the block graph changes all the time; draw it at a moment of rest")
