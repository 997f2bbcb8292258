# SPDX-License-Identifier: GPL-2.0-or-later
"""All that a bug report needs, as JSON: `blockdoc crash-report` makes a page of it."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING, Any, TypeVar

import gdb

from qemublock import backtrace, program, threads
from qemublock.knowledge import Knowledge
from qemublock.listing import listing, title
from qemublock.lists import DamagedError
from qemublock.sections import LISTS
from qemublock.why import explain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from qemublock.places import Places

#: Lists that are a part of it as they are.
LISTED = ("jobs", "requests", "contexts", "locks", "exports", "bitmaps", "throttle")
#: How many frames of a thread are shown.
FRAMES = 200
Json = dict[str, Any]
Line = TypeVar("Line")


def report() -> Json:
    """Read everything; what cannot be read is in its `notes`."""
    known = Knowledge.now()
    notes = known.notes
    found: Json = {
        "program": program.file(),
        "release": program.release(),
        "build-id": program.build_id(),
        "gdb": gdb.VERSION,
        "signal": _signal(),
        "why": _lines("why", explain(known), notes),
        "threads": _lines("threads", _threads(known.coroutines.places), notes),
        "listing": _lines("listing", listing(known), notes),
        "coroutines": _lines("coroutines", _coroutines(known), notes),
        "graph": known.graph.answers(),
    }
    notes.extend(known.graph.notes)
    for name in LISTED:
        found[name] = _lines(name, LISTS[name][0]([], notes), notes)
    return {**found, "notes": list(dict.fromkeys(notes))}


def _lines(name: str, lines: Iterable[Line], notes: list[str]) -> list[Line]:
    """Return the lines of a part as far as they can be had."""
    found: list[Line] = []
    try:
        found.extend(lines)  # keeps what came before an error
    except (DamagedError, gdb.error) as error:
        notes.append(f"{name} ends here: {error}")
    return found


def _threads(places: Places) -> Iterator[Json]:
    for thread in threads.each():
        frames = [frame for frame, _ in zip(threads.frames(), range(FRAMES))]
        name = f"Thread {thread.num} ({thread.name or '?'}, {thread.ptid[1]})"
        yield {"title": name, "frames": list(backtrace.lines(places.of(frames)))}


def _coroutines(known: Knowledge) -> Iterator[Json]:
    for one in known.coroutines.all:
        if one.state.active:
            lines = backtrace.whole(known.coroutines, one, known.notes)
            wait = known.wait(one)
            waits = str(wait) if wait.waits else ""
            yield {"title": title(one), "waits": waits, "frames": lines[1:]}


def _signal() -> str:
    """Return the signal that ended or stopped the process; empty if it was none."""
    text = gdb.execute("info program", to_string=True)
    match = re.search(r"signal (SIG\w+, [^.\n]*)", text)
    if match:
        return match[1]
    number = gdb.convenience_variable("_siginfo")
    try:
        return _name(int(number["si_signo"])) if number is not None else ""
    except gdb.error:
        return ""


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
