# SPDX-License-Identifier: GPL-2.0-or-later
"""Ask a running QEMU for its block graph."""

from typing import Any, cast

from blockdoc.graph import Graph, graph_from_qmp
from blockdoc.qemu.session import Session

__all__ = ["query_graph"]


async def query_graph(session: Session) -> Graph:
    """Return the block graph of a live QEMU, in canonical form.

    :raise QemuError: QEMU refused a query, or died.
    """
    edges = await session.ask("x-debug-query-block-graph")
    nodes = await session.ask("query-named-block-nodes", flat=True)
    jobs = await session.ask("query-block-jobs")
    exports = await session.ask("query-block-exports")
    return graph_from_qmp(*cast("tuple[Any, Any, Any, Any]", (edges, nodes, jobs, exports)))
