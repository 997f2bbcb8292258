# SPDX-License-Identifier: GPL-2.0-or-later
"""A crash report: what gdb found of a core file or a process, as one file.

::

    qemu-block report ──► JSON ──► Report ──► HTML (graph as SVG), or text (graph as a tree)
           │ gives nothing: damage, no symbols
           └──► gdb's own backtraces, and why there is no more

Names, strings and messages are data of whoever ran QEMU: in HTML they are escaped and a
policy forbids scripts, in text what a terminal would obey is shown.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Final

from blockdoc.errors import BlockdocError, QemuError
from blockdoc.graph.collapse import collapse
from blockdoc.graph.facts import picture_of
from blockdoc.graph.tree import tree
from blockdoc.graph.view import View
from blockdoc.graph.words import legible
from blockdoc.inspect.debugger import LIMIT, Target, look, run

__all__ = ["FORMATS", "Report", "report_of"]

FORMATS: Final = ("html", "text")
#: Parts that are lists of lines, in the order of the file: the answer, and its title.
LISTS: Final = (
    ("jobs", "Jobs"),
    ("requests", "Requests in flight"),
    ("locks", "Graph lock"),
    ("throttle", "Throttle groups"),
    ("exports", "Exports"),
    ("bitmaps", "Dirty bitmaps"),
    ("contexts", "Event loops"),
)
#: What gdb can say without knowing anything of QEMU.
PLAIN: Final = ("info program", "info threads", "thread apply all bt 64")
STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
h3 { font-size: 1rem; margin-bottom: 0; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid #8886; font-size: 13px; }
th { text-align: left; padding-right: 1.5rem; font-weight: normal; }
svg { max-width: 100%; height: auto; }
"""
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class Stack:
    """A thread or a coroutine: its title, and its frames."""

    title: str
    frames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What there is to say."""

    target: Target
    #: Titles and values: versions, the signal.
    facts: Mapping[str, str]
    why: tuple[str, ...] = ()
    #: QMP's answers, as far as there are any.
    graph: Mapping[str, Any] = field(default_factory=dict)
    threads: tuple[Stack, ...] = ()
    coroutines: tuple[Stack, ...] = ()
    listing: tuple[str, ...] = ()
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the report for mail and terminals."""
        lines = ["QEMU crash report", ""]
        lines += [f"{name + ':':<16} {value}" for name, value in self.facts.items()]
        for title, part in self._parts():
            lines += ["", title, "-" * len(title), *part]
        return "".join(f"{legible(line)}\n" for line in lines)

    def _parts(self) -> Iterator[tuple[str, Iterable[str]]]:
        if self.notes:
            yield "What could not be read", self.notes
        if self.why:
            yield "Why it waits", self.why
        yield "Block graph", self._tree()
        yield from self._lists()
        if self.listing:
            yield "Coroutines", self.listing
        for one in (*self.threads, *self.coroutines):
            yield one.title, one.frames

    def _lists(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for key, title in LISTS:
            if lines := self.lists.get(key):
                yield title, lines

    def _view(self) -> View:
        return collapse(View(picture_of(self.graph, self.target.name)))

    def _tree(self) -> list[str]:
        try:
            return tree(self._view()).splitlines()
        except BlockdocError as error:
            return [str(error)]

    def html(self) -> str:
        """Return the report as a page that needs nothing else."""
        rows = "".join(
            f"<tr><th>{_html(name)}</th><td>{_html(value)}</td></tr>"
            for name, value in self.facts.items()
        )
        parts = [f"<h1>QEMU crash report</h1><table>{rows}</table>"]
        if self.notes:
            parts.append(_section("What could not be read", self.notes))
        if self.why:
            parts.append(_section("Why it waits", self.why))
        parts.append(f"<h2>Block graph</h2>{self._picture()}")
        parts += [_section(title, lines) for title, lines in self._lists()]
        if self.listing:
            parts.append(_section("Coroutines", self.listing))
        parts += [_stacks("Frames of the coroutines", self.coroutines)]
        parts += [_stacks("Frames of the threads", self.threads)]
        head = (
            '<meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>QEMU crash report: {_html(self.target.name)}</title>"
            f"<style>{STYLE}</style>"
        )
        body = "\n".join(filter(None, parts))
        return (
            f'<!doctype html>\n<html lang="en"><head>{head}</head>\n'
            f"<body>{body}</body></html>\n"
        )

    def _picture(self) -> str:
        """Return the graph as SVG; as a tree where Graphviz is missing."""
        from blockdoc.layout.standalone import draw_view  # noqa: PLC0415 - text needs none

        try:
            return draw_view(self._view())
        except BlockdocError as error:
            return _pre([str(error), "", *self._tree()])


def report_of(target: Target, limit: float = LIMIT) -> Report:
    """Look at a core file or a process, and report.

    :raise MissingError: there is no gdb.
    :raise QemuError: gdb takes too long, or may not look at the process.
    """
    answer = look(target, "report", limit)
    if isinstance(answer.data, dict):
        return _whole(target, answer.data, answer.notes)
    if target.pid and "ptrace" in answer.why_not:
        raise QemuError(f"{target.name}: {answer.why_not}")
    said = run(target, list(PLAIN), limit)
    frames = tuple(line for line in said.splitlines() if line.strip())
    return Report(
        target,
        {"Looked at": _looked_at(target)},
        threads=(Stack("What gdb says by itself", frames),),
        notes=(answer.why_not, *answer.notes),
    )


def _looked_at(target: Target) -> str:
    return f"{target.name} of {target.program}" if target.program else target.name


def _whole(target: Target, data: Mapping[str, Any], notes: Iterable[str]) -> Report:
    facts = {
        "Looked at": target.name,
        "Program": str(data.get("program", "")),
        "Release": str(data.get("release", "")),
        "Build id": str(data.get("build-id", "")),
        "gdb": str(data.get("gdb", "")),
        "Signal": str(data.get("signal", "")) or "none",
    }
    coroutines = (
        Stack(f"{it['title']}: {it['waits']}" if it["waits"] else it["title"], _texts(it))
        for it in data.get("coroutines", ())
    )
    return Report(
        target,
        {name: value for name, value in facts.items() if value},
        why=tuple(data.get("why", ())),
        graph=data.get("graph", {}),
        threads=tuple(Stack(it["title"], _texts(it)) for it in data.get("threads", ())),
        coroutines=tuple(coroutines),
        listing=tuple(data.get("listing", ())),
        lists={key: tuple(data.get(key, ())) for key, _ in LISTS},
        notes=tuple(dict.fromkeys([*data.get("notes", ()), *notes])),
    )


def _texts(stack: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(map(str, stack["frames"]))


def _html(text: str) -> str:
    return escape(legible(text))


def _pre(lines: Iterable[str]) -> str:
    return "<pre>" + "\n".join(map(_html, lines)) + "</pre>"


def _section(title: str, lines: Iterable[str]) -> str:
    return f"<h2>{_html(title)}</h2>{_pre(lines)}"


def _stacks(title: str, stacks: Iterable[Stack]) -> str:
    shown = [f"<h3>{_html(one.title)}</h3>{_pre(one.frames)}" for one in stacks]
    return f"<h2>{_html(title)}</h2>" + "".join(shown) if shown else ""
