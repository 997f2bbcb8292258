# SPDX-License-Identifier: GPL-2.0-or-later
"""A recording as a Mermaid sequence diagram, with all left out that differs from run to run.

::

    ->  a command             an arrow: its name, and of what it is about
    ->  a query               consecutive ones are one dotted arrow; polls are left out
    <-  an error              an arrow back; a success is none
    <-  an event of a job     consecutive ones of one job are one arrow: its states
    <-  another event         an arrow back
    --  outside libvirt       a note

Which events count says :mod:`blockdoc.replay.events`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from blockdoc.replay.events import STATUS, Filter
from blockdoc.replay.recording import Item, Recording

__all__ = ["is_question", "sequence"]

#: Queries that say where an operation goes on; `virsh --wait` polls by all others.
TOLD = frozenset({"query-named-block-nodes", "query-jobs", "query-block", "query-blockstats"})
#: What a command is about, the first that it has.
ABOUT = ("node-name", "job-id", "id", "device", "node", "fdname", "path")
#: Where a command leads to, the first that it has.
TOWARDS = ("base-node", "target", "overlay", "drive", "bitmap")
#: Events of a job whose state is told anyway.
ECHOES = frozenset({"BLOCK_JOB_READY", "BLOCK_JOB_COMPLETED", "BLOCK_JOB_CANCELLED"})


@dataclass(frozen=True, slots=True)
class _Arrow:
    """One line of the diagram; those with the same `joins` in a row become one."""

    #: Who speaks to whom, and how.
    between: str
    text: str
    #: Nothing: it stands alone.
    joins: str = ""

    def __str__(self) -> str:
        return f"{self.between}: {self.text}"


def sequence(recording: Recording) -> str:
    """Draw a recording: the code of a Mermaid diagram."""
    monitors = list(dict.fromkeys(it.monitor for it in recording.items))
    title = " and then ".join(recording.operation) or recording.file.stem
    lines = [
        "sequenceDiagram",
        f"  accTitle: What libvirt says to QEMU for {_safe(title)}",
        f"  participant L as libvirt {recording.libvirt}",
        *(f"  participant Q{it} as {_name(recording, it)}" for it in monitors),
    ]
    return "\n".join([*lines, *(f"  {it}" for it in _joined(_arrows(recording)))])


def _name(recording: Recording, monitor: int) -> str:
    new = ", started anew" if monitor else ""
    return f"QEMU {recording.qemu}{new}"


def is_question(command: str) -> bool:
    """Say whether a command only asks."""
    return command.startswith(("query-", "qom-list", "qom-get")) or "debug-query" in command


def _arrows(recording: Recording) -> Iterator[_Arrow]:
    """Yield what is shown, before consecutive lines are joined."""
    counts: dict[int, Filter] = {}
    for item in recording.items:
        vertex = f"Q{item.monitor}"
        if item.arrow == "--":
            yield _Arrow(f"Note over L,{vertex}", _safe(item.note))
        elif item.command:
            yield from _command(item, vertex)
        elif item.event:
            heard = counts.setdefault(item.monitor, Filter())
            yield from _event(item, vertex, heard)
        elif "error" in item.message:
            text = f"error: {item.message['error'].get('desc', '')}"
            yield _Arrow(f"{vertex}-->>L", _safe(text))


def _command(item: Item, vertex: str) -> Iterator[_Arrow]:
    if not is_question(item.command):
        yield _Arrow(f"L->>{vertex}", _safe(_said(item)), _repeats(item))
    elif item.command in TOLD:
        yield _Arrow(f"L-->>{vertex}", item.command, f"{vertex} asks")


def _repeats(item: Item) -> str:
    """Say with which others a command is folded: those that only set up a migration."""
    return "setting" if item.command.startswith("migrate-set-") else ""


def _said(item: Item) -> str:
    if item.command == "transaction":
        actions = item.arguments.get("actions") or ()
        parts = [_brief(str(it.get("type")), it.get("data") or {}) for it in actions]
        return "<br>".join(["transaction:", *parts])
    if _repeats(item):
        return item.command
    return _brief(item.command, item.arguments)


def _brief(command: str, arguments: Mapping[str, Any]) -> str:
    """Say what is done to what."""
    words = [command]
    about = next((it for it in ABOUT if isinstance(arguments.get(it), str)), None)
    if about:
        words.append(str(arguments[about]))
        if about in {"node", "device"} and isinstance(arguments.get("name"), str):
            words.append(str(arguments["name"]))
    towards = next((it for it in TOWARDS if isinstance(arguments.get(it), str)), None)
    if towards:
        words.append(f"→ {arguments[towards]}")
    if arguments.get("force"):
        words.append("force")
    if "sync" in arguments:
        words.append(f"({arguments['sync']})")
    return " ".join(words)


def _event(item: Item, vertex: str, heard: Filter) -> Iterator[_Arrow]:
    if not heard.counts(item.message) or item.event in ECHOES:
        return
    data = item.message.get("data") or {}
    if item.event == STATUS:
        job = str(data.get("id"))
        yield _Arrow(f"{vertex}-->>L", f"{_safe(job)}: {data.get('status')}", job)
        return
    about = next((data[it] for it in (*ABOUT, "status") if data.get(it)), "")
    yield _Arrow(f"{vertex}-->>L", _safe(f"{item.event} {about}".strip()))


def _joined(arrows: Iterator[_Arrow]) -> Iterator[_Arrow]:
    """Fold lines in a row that belong together."""
    last: _Arrow | None = None
    for arrow in arrows:
        if last and last.joins and (last.between, last.joins) == (arrow.between, arrow.joins):
            last = _Arrow(last.between, _both(last.text, arrow.text), last.joins)
            continue
        if last:
            yield last
        last = arrow
    if last:
        yield last


def _both(text: str, more: str) -> str:
    """Add what is new in the second text: a state of the same job, or another command."""
    new = more.rpartition(": ")[2]
    return text if text.endswith(new) else f"{text}, {new}"


def _safe(text: str) -> str:
    """Take away what Mermaid would take for its own."""
    return text.replace("#", "#35;").replace(";", "#59;").replace("#35#59;", "#35;")
