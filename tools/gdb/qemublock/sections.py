# SPDX-License-Identifier: GPL-2.0-or-later
"""What is printed as a list of lines, each by the command of that name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Callable

import gdb

from qemublock import chain, contexts, throttle
from qemublock.graph import Graph
from qemublock.knowledge import Knowledge, all_coroutines
from qemublock.listing import listing
from qemublock.lists import node_name
from qemublock.requests import requests_of
from qemublock.stuck import job_lines, lock_words
from qemublock.why import explain

Notes = list[str]
Say = Callable[[list[str], Notes], Iterable[str]]


def _why(words: list[str], notes: Notes) -> Iterator[str]:
    known = Knowledge.now()
    yield from explain(known)
    notes.extend(known.notes)


def _coroutines(words: list[str], notes: Notes) -> Iterator[str]:
    known = Knowledge.now()
    yield from listing(known, every="-v" in words)
    notes.extend(known.notes)


def _jobs(words: list[str], notes: Notes) -> Iterator[str]:
    known = Knowledge.now()
    for job in known.graph.jobs:
        yield from known.noting(f"job at {hex(int(job))}", job_lines(known, job))
    if not known.graph.jobs:
        yield "no jobs"
    notes.extend(known.notes)


def _contexts(words: list[str], notes: Notes) -> Iterator[str]:
    for one in contexts.contexts(all_coroutines()):
        yield from contexts.lines(one)
    yield "timers of the main loop itself"
    yield from contexts.main_loop_timers()


def _requests(words: list[str], notes: Notes) -> Iterator[str]:
    graph = Graph()
    notes.extend(graph.notes)
    for one in requests_of(graph.nodes, notes):
        behind = f", behind coroutine {hex(one.behind)}" if one.behind else ""
        serial = ", serialising" if one.serialising else ""
        yield f"{one}: coroutine {hex(one.coroutine)}{serial}{behind}"


def _locks(words: list[str], notes: Notes) -> Iterator[str]:
    yield from (line.strip() for line in lock_words())


def _bitmaps(words: list[str], notes: Notes) -> Iterator[str]:
    graph = Graph()
    for node in graph.answers()["query-named-block-nodes"]:
        for bitmap in node["dirty-bitmaps"]:
            flags = [key for key, value in bitmap.items() if value is True]
            name = bitmap.get("name", "(anonymous)")
            yield f"{node['node-name']}: {name} ({', '.join(flags)})"
    notes.extend(graph.notes)


def _exports(words: list[str], notes: Notes) -> Iterator[str]:
    graph = Graph()
    for one in graph.answers()["query-block-exports"]:
        ending = ", shutting down" if one["shutting-down"] else ""
        count = one["x-refcount"]
        yield f"{one['id']} ({one['type']}) of {one['node-name']}: {count} references{ending}"
    notes.extend(graph.notes)


def _throttle(words: list[str], notes: Notes) -> Iterator[str]:
    return throttle.lines()


def _chain(words: list[str], notes: Notes) -> Iterator[str]:
    if len(words) != 1:
        raise gdb.GdbError("qemu-block chain NODE: name a node (`qemu-block graph` has all)")
    for bs in Graph().nodes:
        if node_name(bs) == words[0]:
            return chain.lines(bs, notes)
    raise gdb.GdbError(f"no node is called {words[0]}; `qemu-block graph` has all")


#: Commands that print lines: what they print, and what ``help`` says.
LISTS: dict[str, tuple[Say, str]] = {
    "why": (_why, "Explain a hang: what threads poll for, and who keeps it from coming true."),
    "coroutines": (
        _coroutines,
        """List all coroutines: their state, what they wait for, and for which request.

Those that wait for the same are counted; -v shows each.""",
    ),
    "jobs": (_jobs, "List jobs of all kinds: state, and what they wait for."),
    "contexts": (_contexts, "List event loops: thread, BHs, descriptors, timers, coroutines."),
    "requests": (_requests, "List the requests that nodes have begun and not ended."),
    "locks": (_locks, "Say who reads the graph and whether somebody changes it."),
    "bitmaps": (_bitmaps, "List dirty bitmaps by node."),
    "exports": (_exports, "List exports."),
    "throttle": (_throttle, "List throttle groups: limits, members, who waits."),
    "chain": (_chain, "Show a node and what is below it.\n\nqemu-block chain NODE"),
}
