# SPDX-License-Identifier: GPL-2.0-or-later
"""Where requests and jobs are stuck, and who holds what they wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gdb

from qemublock.coroutine import State
from qemublock.graph import BLOCK_JOBS, job_type
from qemublock.lists import DamagedError, chain, elements, node_name, one_of, static, text
from qemublock.requests import Request, by_coroutine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from qemublock.knowledge import Knowledge

#: Functions that are only called with the graph lock held for reading (``GRAPH_RDLOCK``).
READERS = frozenset(
    {
        "bdrv_co_preadv",
        "bdrv_co_preadv_part",
        "bdrv_co_pwritev",
        "bdrv_co_pwritev_part",
        "bdrv_co_pwrite_zeroes",
        "bdrv_co_pdiscard",
        "bdrv_co_flush",
        "bdrv_co_block_status",
        "bdrv_co_block_status_above",
        "bdrv_co_do_block_status",
        "bdrv_co_copy_range_internal",
        "bdrv_aligned_preadv",
        "bdrv_aligned_pwritev",
        "bdrv_driver_preadv",
        "bdrv_driver_pwritev",
    }
)
#: A coroutine that lets the main loop drain for it.
DRAINS = "bdrv_co_yield_to_drain"
PAUSES = frozenset({"job_pause_point", "job_pause_point_locked"})


def stuck(known: Knowledge, requests: Iterable[Request]) -> Iterator[str]:
    """Say where the coroutines of `requests` are, and behind whom; the same only once."""
    groups: dict[tuple[str, int], list[Request]] = {}
    for address, owned in by_coroutine(requests).items():
        one = known.coroutines.get(address)
        wait = known.wait(one) if one else None
        words = str(wait) if wait else "waits somewhere that cannot be told"
        groups.setdefault((words, wait.behind if wait else 0), []).append(owned[-1])
    for (words, behind), members in groups.items():
        more = f" and {len(members) - 1} more" if len(members) > 1 else ""
        yield (
            f"  {members[0]}{more}: {words}{_rule(words)} "
            f"(qemu-block bt {hex(members[0].coroutine)})."
        )
        if behind:
            yield from _behind(known, members[0].coroutine, behind)


def _rule(words: str) -> str:
    if "throttle group" in words:
        return "; a drained section would let it go [DRAIN-12]"
    return " [REQ-2]" if "overlapping request" in words else ""


def _behind(known: Knowledge, first: int, address: int) -> Iterator[str]:
    """Follow who waits for whom, to the end or to where it began."""
    seen = [first]
    depth = 2
    while address and address not in seen:
        seen.append(address)
        one = known.coroutines.get(address)
        request = known.request_of(address)
        what = f", which does a {request}" if request else ""
        if one is None:
            yield f"{'  ' * depth}behind coroutine {hex(address)}, of which nothing is known."
            return
        wait = known.wait(one)
        yield f"{'  ' * depth}behind coroutine {hex(address)}{what}: {wait}."
        address, depth = wait.behind, depth + 1
    if address:
        cycle = seen[seen.index(address) :]
        around = " -> ".join(hex(it) for it in [*cycle, address])
        requests = [known.request_of(it) for it in cycle]
        rule = " [REQ-5]" if any(it is not None and it.behind for it in requests) else ""
        yield f"{'  ' * depth}A deadlock: each waits for the next, {around}{rule}."


def job_words(job: gdb.Value) -> str:
    """Return a job's name, type and state."""
    status = one_of(job["status"], "JOB_STATUS_")
    paused = f", pause count {int(job['pause_count'])}" if int(job["pause_count"]) else ""
    cancelled = ", cancelled" if job["cancelled"] else ""
    return f"Job {text(job['id'])} ({job_type(job)}, {status}{paused}{cancelled})"


def job_lines(known: Knowledge, job: gdb.Value) -> Iterator[str]:
    """Say how far a job is, and what it waits for."""
    if job["cancelled"]:
        forced = ", by force [JOB-4]" if job["force_cancel"] else ""
        yield (
            f"{job_words(job)} has been told to cancel{forced}; "
            "it ends when its coroutine returns."
        )
    else:
        yield f"{job_words(job)}."
    if words := known.at(int(job["co"])):
        yield f"  Its {words}."
    yield from stuck(known, requests_of_job(known, job))


def requests_of_job(known: Knowledge, job: gdb.Value) -> list[Request]:
    """Return the requests on a block job's nodes, and those of its coroutine."""
    names = set(_nodes(known, job))
    own = int(job["co"])
    return [one for one in known.requests if one.node in names or one.coroutine == own]


def _nodes(known: Knowledge, job: gdb.Value) -> Iterator[str]:
    if job_type(job) not in BLOCK_JOBS:
        return
    edge = gdb.lookup_type("BdrvChild").pointer()
    try:
        block_job = job.cast(gdb.lookup_type("BlockJob").pointer())
        for item in chain(block_job["nodes"], "next"):
            yield node_name(item["data"].cast(edge)["bs"])
    except (DamagedError, gdb.error) as error:
        known.notes.append(f"nodes of job {text(job['id'])}: {error}")


def lock_words() -> Iterator[str]:
    """Say who reads the graph, by event loop, and whether somebody writes it."""
    try:
        writer = bool(static("has_writer", "graph-lock.c"))
        orphans = int(static("orphaned_reader_count", "graph-lock.c"))
        counts = [
            int(one["reader_count"])
            for one in elements(static("aio_context_list", "graph-lock.c"), "next_aio")
        ]
    except DamagedError as error:
        yield f"  Graph lock: {error}."  # before 8.0 there was none
        return
    total = (sum(counts) + orphans) & 0xFFFFFFFF
    signed = [count - (1 << 32) if count >> 31 else count for count in counts]
    yield (
        f"  Graph lock: {'written' if writer else 'no writer'}, {total} "
        f"reader{'' if total == 1 else 's'} "
        f"({', '.join(map(str, signed))} by event loop, {orphans} of those that are gone)."
    )


def holders(known: Knowledge) -> Iterator[str]:
    """Name the coroutines that hold the graph lock for reading, as far as frames tell."""
    found: list[Request] = []
    for one in known.coroutines.all:
        if not one.state.active or one.state is State.NEW:
            continue
        functions = known.functions(one)
        if not READERS.intersection(functions):
            continue
        request = known.request_of(one.address)
        if request is not None:
            found.append(request)
        else:
            yield f"  Held by {known.at(one.address)}."
        if DRAINS in functions:
            yield f"  Coroutine {hex(one.address)} drains under the lock: a deadlock [DRAIN-3]."
        if PAUSES.intersection(functions):
            yield f"  Coroutine {hex(one.address)} pauses under the lock: a deadlock [JOB-2]."
    if found:
        yield "  The lock is held by those that do these requests:"
        yield from stuck(known, found)
    else:
        yield "  Frames do not tell who holds it."
