# SPDX-License-Identifier: GPL-2.0-or-later
"""Ask a running QEMU for its block graph."""

import asyncio
from typing import Any, cast

from blockdoc.errors import QemuError
from blockdoc.graph import Graph, graph_from_qmp
from blockdoc.qemu.session import Session

__all__ = ["query_graph"]

ATTEMPTS = 10


async def query_graph(session: Session) -> Graph:
    """Return the block graph of a live QEMU, in canonical form.

    Four answers make one picture, so they must be of one moment: a graph that changes
    meanwhile is asked for again.  They are asked for at once: QEMU answers in order.

    :raise QemuError: QEMU refused a query, or died, or its graph never stands still.
    """
    for _ in range(ATTEMPTS):
        before, *answers, after = await asyncio.gather(
            session.ask("x-debug-query-block-graph"),
            session.ask("query-named-block-nodes", flat=True),
            session.ask("query-block-jobs"),
            session.ask("query-block-exports"),
            session.ask("x-debug-query-block-graph"),
        )
        if before == after:
            return graph_from_qmp(*cast("tuple[Any, Any, Any, Any]", (before, *answers)))
    raise QemuError("the block graph changes all the time; draw it at a moment of rest")
