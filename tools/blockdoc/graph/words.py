# SPDX-License-Identifier: GPL-2.0-or-later
"""Say facts in few words, for boxes and lines; and data so that no terminal obeys it."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Final

from blockdoc.graph.model import PERMISSIONS, Edge, Node, letters
from blockdoc.graph.picture import Bitmap, Facts, Machine
from blockdoc.graph.view import Mark, View

__all__ = [
    "bitmap",
    "columns",
    "cut",
    "demands",
    "first",
    "headline",
    "is_far",
    "legend",
    "legible",
    "marked",
    "more",
    "notes",
    "size",
    "some",
    "stands",
    "what",
]

TIMES: Final = "\N{MULTIPLICATION SIGN}"
_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_SHAPELESS: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def size(number: int) -> str:
    """Write a number of bytes: ``64 MiB``; exactly if it is no round number."""
    value, unit = float(number), 0
    while abs(value) >= 1024 and unit < len(_UNITS) - 1:  # noqa: PLR2004 - a kibibyte
        value, unit = value / 1024, unit + 1
    return f"{value:.1f}".removesuffix(".0") + f" {_UNITS[unit]}"


def what(node: Node, facts: Facts) -> str:
    """Say what a node is: ``filter throttle, ro, 64 MiB``."""
    kind = "filter" if node.kind == "filter" else ""
    words = [" ".join(filter(None, (kind, node.driver))), *node.flags]
    words += [flag for flag in facts.flags if flag != "unnamed"]
    if facts.size is not None:
        words.append(size(facts.size))
    words += [facts.state, _progress(facts)]
    return ", ".join(filter(None, words))


def more(facts: Facts, *, generated: bool = False) -> list[str]:
    """Say what else is known, one item each."""
    items = [facts.generated] if generated and facts.generated else []
    items += [facts.file] if facts.file else []
    items += [f"throttle group {facts.group}"] if facts.group else []
    items += [bitmap(it) for it in facts.bitmaps]
    return items


def headline(view: View) -> list[str]:
    """Say whose graph it is: a line for each machine; what is collapsed counts in full."""
    return [_machine(view, machine) for machine in view.picture.machines]


def _machine(view: View, machine: Machine) -> str:
    name = f"{machine.label}: " if machine.label else ""
    about = f"QEMU {machine.qemu}" if machine.qemu else "a QEMU"
    kinds: Counter[str] = Counter()
    start = f"{machine.label}:" if machine.label else ""
    for node in view.picture.graph.nodes:
        if node.name.startswith(start):
            kinds[node.kind] += view.times(node.id)
    count = [
        (kinds["node"] + kinds["filter"], "node"),
        *((kinds[kind], kind) for kind in ("backend", "export", "job")),
    ]
    said = [f"{number} {word}{'' if number == 1 else 's'}" for number, word in count if number]
    return f"{name}{about}; {', '.join(said) or 'no nodes, no users'}"


def notes(view: View) -> list[str]:
    """Say what belongs to the whole picture, one sentence each."""
    found = list(view.notes)
    for machine in view.picture.machines:
        name = f"{machine.label}: " if machine.label else ""
        if not machine.consistent:
            found.append(
                f"{name}the graph changed while it was asked for; this is not one moment"
            )
        found += [
            f"{name}job {job} uses no node: {kind}, {status}"
            for job, kind, status in machine.jobs
        ]
    for group in view.picture.groups:
        limits = ", ".join(f"{key} {value}" for key, value in group.limits.items())
        found.append(f"throttle group {group.name}: {limits or 'no limits'}")
    return found


def first(sentences: Sequence[str], room: int) -> list[str]:
    """Keep so many sentences; the last says how many more there are."""
    if len(sentences) <= room:
        return list(sentences)
    left = len(sentences) - room + 1
    return [*sentences[: room - 1], f"and {left} more, which the text tells"]


def legend(view: View) -> list[str]:
    """Say what the letters at a line mean, and the colours, if there are any."""
    letters = ", ".join(f"{letter} {name}" for letter, name in PERMISSIONS.items())
    used = dict.fromkeys(view.marks.values())
    marks = [f"{_COLOURS[mark]} {mark}" for mark in _COLOURS if mark in used]
    colours = [f"drawn thick: {', '.join(marks)}"] if marks else []
    return [f"taken / shared with others: {letters}", *colours]


_COLOURS: Final[dict[Mark, str]] = {
    "added": "blue",
    "removed": "red",
    "changed": "orange",
    "path": "pink",
}


def is_far(edge: Edge) -> bool:
    """Tell an edge to another process (:mod:`blockdoc.graph.join`): it has no permissions."""
    return edge.role == "nbd" and not edge.perm and not edge.shared


def demands(edge: Edge) -> str:
    """Say what an edge takes and shares: ``rw-- / r-us``."""
    return "other process" if is_far(edge) else f"{letters(edge.perm)} / {letters(edge.shared)}"


def _progress(facts: Facts) -> str:
    if facts.offset is None or facts.length is None:
        return ""
    share = f" ({100 * facts.offset // facts.length} %)" if facts.length > 0 else ""
    return f"{size(facts.offset)} of {size(facts.length)}{share}"


def bitmap(it: Bitmap) -> str:
    """Say what a bitmap is: ``bitmap daily, clean, recording``."""
    return (
        f"bitmap {it.name}, {marked(it)}" if it.name else f"bitmap without a name, {marked(it)}"
    )


def marked(it: Bitmap) -> str:
    """Say how much a bitmap has marked, and its flags."""
    dirty = f"{size(it.count)} dirty" if it.count else "clean"
    return ", ".join([dirty, *it.flags])


def legible(text: str) -> str:
    r"""Show data on a terminal: what it might obey, or what has no shape, as ``\u{1b}``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"\\u{{{ord(c):x}}}" if unicodedata.category(c) in _SHAPELESS else c for c in text
    )


def columns(text: str) -> int:
    """Count the columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, room: int) -> str:
    """Shorten a text in the middle to so many columns."""
    if columns(text) <= room:
        return text
    half = max(0, room - 1) // 2
    return f"{_first(text, room - 1 - half)}…{_first(text[::-1], half)[::-1]}"


def _first(text: str, room: int) -> str:
    used, found = 0, []
    for character in text:
        used += _columns(character)
        if used > room:
            break
        found.append(character)
    return "".join(found)


def stands(view: View, node: str) -> str:
    """Say for how many a node stands, as a factor."""
    times = view.times(node)
    return f"{TIMES}{times}" if times > 1 else ""


def some(names: Sequence[str], room: int) -> str:
    """List the first names, and say how many follow."""
    shown: list[str] = []
    for name in names:
        rest = len(names) - len(shown) - 1
        tail = f" and {rest} more" if rest else ""
        if columns(", ".join([*shown, name]) + tail) > room and shown:
            break
        shown.append(name)
    left = len(names) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")
