# SPDX-License-Identifier: GPL-2.0-or-later
"""Why it hangs: which condition a thread polls for, and who keeps it from coming true.

A thread that waits in the block layer polls: AIO_WAIT_WHILE() of
include/block/aio-wait.h runs its event loop until a condition is false.  The function
that polls says which condition; the nodes, backends and jobs that it asks say who is
not done; the requests and coroutines of those say where they are stuck.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

import gdb

from qemublock import loops
from qemublock.graph import backend_name
from qemublock.lists import elements, node_name, text
from qemublock.polls import COMPLETION, Poll, polls
from qemublock.rules import with_titles
from qemublock.stuck import holders, job_lines, job_words, lock_words, requests_of_job, stuck

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qemublock.knowledge import Knowledge


def explain(known: Knowledge) -> Iterator[str]:
    """Yield sentences, and the rules of the guide that they name."""
    return with_titles(_explain(known))


def _explain(known: Knowledge) -> Iterator[str]:
    found = list(polls(known.coroutines, known.notes))
    elsewhere = list(loops.lines(loops.doings(known.coroutines, known.notes)))
    for innermost, *outer in found:
        what = f"thread {innermost.thread}, which polls"
        yield from known.noting(what, POLLS.get(innermost.function, _any)(innermost, known))
        yield from _warnings(innermost)
        for poll in outer:
            yield (
                f"  This began while the thread was polling in {poll.function}{_during(poll)} "
                "already, which cannot go on before [AIO-7]."
            )
    if not found:
        go_on = "" if elsewhere else ": the event loops go on"
        yield f"No thread polls for a condition of the block layer{go_on}."
    yield from elsewhere
    if not found:
        for job in known.graph.jobs:
            what = f"job at {hex(int(job))}"
            yield from known.noting(what, job_lines(known, job))
        yield from known.noting("requests", stuck(known, known.requests))


def _during(poll: Poll) -> str:
    return f" (QMP command {poll.command})" if poll.command else ""


def _warnings(poll: Poll) -> Iterator[str]:
    """Say what is wrong with polling here at all."""
    if poll.iothread:
        yield "  It is an iothread: only the main loop may wait for another's work [AIO-6]."
    if COMPLETION in poll.below and "drain" in poll.function:
        yield f"  It drains in {COMPLETION}(): the request waits for itself [DRAIN-11]."


def _drained_node(poll: Poll, known: Knowledge) -> Iterator[str]:
    bs = poll.variables.get("bs")
    if bs is None or not int(bs):
        yield from _drain_all(poll, known)
        return
    yield (
        f"Thread {poll.thread} begins a drained section of node {node_name(bs)} and waits "
        f"for it{_during(poll)}; it ends when nothing is pending there [DRAIN-4]."
    )
    yield from _busy(known, [bs])


def _drain_all(poll: Poll, known: Knowledge) -> Iterator[str]:
    yield (
        f"Thread {poll.thread} begins a drained section of all nodes and waits for them"
        f"{_during(poll)}; one that is busy is enough to wait on [DRAIN-7] [DRAIN-4]."
    )
    yield from _busy(known, known.graph.nodes)


def _drained_backend(poll: Poll, known: Knowledge) -> Iterator[str]:
    blk = poll.variables.get("blk")
    if blk is None:
        yield from _any(poll, known)
        return
    what = backend_name(blk) or hex(int(blk))
    yield (
        f"Thread {poll.thread} waits for BlockBackend {what}, whose in-flight count is "
        f"{int(blk['in_flight'])}{_during(poll)} [DRAIN-4]."
    )
    yield from stuck(known, known.requests)


def _job(poll: Poll, known: Knowledge) -> Iterator[str]:
    job = poll.variables.get("job")
    if job is None:
        yield from _any(poll, known)
        return
    yield f"Thread {poll.thread} waits for a job to end{_during(poll)}."
    yield from job_lines(known, job)


def _graph_lock(poll: Poll, known: Knowledge) -> Iterator[str]:
    yield (
        f"Thread {poll.thread} wants to change the graph and waits for those who read it"
        f"{_during(poll)}."
    )
    yield from lock_words()
    yield from holders(known)


def _synchronous(poll: Poll, known: Knowledge) -> Iterator[str]:
    who = poll.below[0] if poll.below else poll.function
    started = f"a coroutine that it has started ({who}){_during(poll)}"
    yield f"Thread {poll.thread} waits for {started}."
    state = poll.variables.get("s")
    if state is None or not (words := known.at(int(state["co"]))):
        yield from stuck(known, known.requests)
        return
    yield f"  Its {words}."
    yield from stuck(known, [it for it in known.requests if it.coroutine == int(state["co"])])


def _exports(poll: Poll, known: Knowledge) -> Iterator[str]:
    yield f"Thread {poll.thread} waits for exports to end{_during(poll)}."
    for export in known.graph.exports:
        yield f"  Export {text(export['id'])} has {int(export['refcount'])} references."
    yield from stuck(known, known.requests)


def _any(poll: Poll, known: Knowledge) -> Iterator[str]:
    yield (
        f"Thread {poll.thread} polls in {poll.function}{_during(poll)}, for a condition that "
        "is not known here."
    )
    yield from stuck(known, known.requests)


#: Who polls, and what is said of it.
POLLS: dict[str, Callable[[Poll, Knowledge], Iterator[str]]] = {
    "bdrv_do_drained_begin": _drained_node,
    "bdrv_drained_begin": _drained_node,
    "bdrv_drain_all_begin": _drain_all,
    "bdrv_drain_all": _drain_all,
    "blk_drain": _drained_backend,
    "blk_drain_all": _drain_all,
    "blk_exp_close_all": _exports,
    "blk_exp_close_all_type": _exports,
    "nbd_server_free": _exports,
    "job_finish_sync_locked": _job,
    "job_finish_sync": _job,
    "bdrv_graph_wrlock": _graph_lock,
    "bdrv_poll_co": _synchronous,
}


def _busy(known: Knowledge, nodes: list[gdb.Value]) -> Iterator[str]:
    """Say who keeps bdrv_drain_poll() of `nodes` true."""
    jobs: set[int] = set()
    for bs in nodes:
        name = node_name(bs)
        if flying := int(bs["in_flight"]):
            quiesced = int(bs["quiesce_counter"])
            yield f"  Node {name}: in-flight count {flying}, quiesce counter {quiesced}."
        yield from known.noting(f"users of {name}", _busy_parents(known, bs, name, jobs))
    names = {node_name(bs) for bs in nodes}
    yield from stuck(known, [one for one in known.requests if one.node in names])


def _busy_parents(known: Knowledge, bs: gdb.Value, name: str, jobs: set[int]) -> Iterator[str]:
    for edge in elements(bs["parents"], "next_parent"):
        klass = str(edge["klass"])
        if "child_root" in klass:
            blk = edge["opaque"].cast(gdb.lookup_type("BlockBackend").pointer())
            if flying := int(blk["in_flight"]):
                what = backend_name(blk) or hex(int(blk))
                yield f"  BlockBackend {what} on {name}: in-flight count {flying}."
        elif "child_job" in klass:
            job = edge["opaque"].cast(gdb.lookup_type("Job").pointer())
            if job["busy"] and int(job) not in jobs:
                jobs.add(int(job))
                yield f"  {job_words(job)} has not come to its pause point [DRAIN-10]."
                if words := known.at(int(job["co"])):
                    yield f"    Its {words}."
                yield from stuck(known, requests_of_job(known, job))
