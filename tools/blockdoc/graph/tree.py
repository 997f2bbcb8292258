# SPDX-License-Identifier: GPL-2.0-or-later
"""A picture as a tree for the terminal and for mail, never wider than 78 columns.

::

    vda  backend
    └─ root  rw-- / r-us  top  qcow2, 64 MiB
       │                  disk/top.qcow2
       ├─ backing  r--- / rwus  base  qcow2, ro, 64 MiB
       └─ file     rw-s / r-u-  top/file  file, 193 KiB

A node is told where it is met first; after that its name stands alone, with ``↑``.
Where the tree would get too deep it goes on further down, under ``name (continued)``.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from blockdoc.graph.model import KINDS, PERMISSIONS, Edge, Node
from blockdoc.graph.picture import Facts
from blockdoc.graph.view import Mark, View
from blockdoc.graph.words import (
    columns,
    cut,
    demands,
    headline,
    legible,
    more,
    notes,
    some,
    stands,
    what,
)

__all__ = ["LEGEND", "WIDTH", "tree"]

#: Widest line, in columns: what mail passes on as it is.
WIDTH: Final = 78
#: Deepest indent, in columns; below that the tree goes on further down.
_DEEPEST: Final = 27
#: Room that a name gets at least.
_NAME: Final = 12

#: What the four letters mean, in lines: stands below each tree.
LEGEND: Final = (
    "Permissions: taken / shared with others.",
    "  " + ", ".join(f"{letter} {name}" for letter, name in PERMISSIONS.items()),
)

_STYLES: Final = {
    "name": "1",
    "soft": "2",
    "node": "1;34",
    "filter": "1;33",
    "backend": "1;32",
    "export": "1;36",
    "job": "1;35",
    "added": "32",
    "removed": "31",
    "changed": "33",
    "path": "1;31",
}
_SIGNS: Final = {"added": "+", "removed": "-", "changed": "~", "path": "»", None: " "}


def tree(
    view: View, *, colour: bool = False, legend: bool = True, generated: bool = False
) -> str:
    """Draw a view; every line ends in a newline.

    :param colour: with escape sequences that a terminal paints by.
    :param generated: say the names that QEMU made up as well.
    """
    lines = _Tree(view, colour=colour, generated=generated).lines()
    head = _folded(headline(view))
    blocks = [head, *lines, _folded(notes(view)), _legend(view) if legend else []]
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks if block)


def _legend(view: View) -> list[str]:
    marks = "  " + ", ".join(f"{sign} {mark}" for mark, sign in _SIGNS.items() if mark)
    return [*LEGEND, *([f"{marks}."] if view.marks else [])]


def _folded(texts: Sequence[str]) -> list[str]:
    return [line for text in texts for line in fold(legible(text))]


def fold(text: str, lead: str = "  ") -> Iterator[str]:
    """Break a sentence into lines of at most 78 columns."""
    line = ""
    for word in text.split(" "):
        piece = cut(word, WIDTH - len(lead))
        if line.strip() and columns(line) + 1 + columns(piece) > WIDTH:
            yield line
            line = lead + piece
        else:
            line = f"{line} {piece}" if line else piece
    yield line


@dataclass(slots=True)
class _Tree:
    view: View
    colour: bool
    generated: bool
    below: dict[str, list[Edge]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    #: Nodes below which the tree has yet to go on.
    later: deque[str] = field(default_factory=deque)

    def lines(self) -> Iterator[list[str]]:
        """Draw a block for each top."""
        graph = self.view.picture.graph
        nodes = graph.by_id()
        below = defaultdict(list)
        for edge in graph.edges:
            below[edge.parent].append(edge)
        self.below = below
        used = {edge.child for edge in graph.edges}
        for node in sorted(graph.nodes, key=lambda it: (it.id in used, _FIRST.index(it.kind))):
            if node.id not in self.told:
                self.told.add(node.id)
                yield self.block(node, nodes, node.kind if node.kind in _FIRST[:3] else "")
            while self.later:
                rest = nodes[self.later.popleft()]
                yield self.block(rest, nodes, "continued")

    def block(self, top: Node, nodes: dict[str, Node], word: str) -> list[str]:
        """Draw a node and all below it that was not told before."""
        rest = [] if word == "continued" else [it for it in [what(top, self.facts(top))] if it]
        tail = (
            f"(continued) {stands(self.view, top.id)}"
            if word == "continued"
            else ", ".join([" ".join(filter(None, [word, *rest[:1]])), *rest[1:]])
        )
        lead = f"{_SIGNS[self.view.mark(top)]} " if self.view.marks else ""
        lines = [self.first(lead, top, tail.strip(), self.view.mark(top))]
        if word != "continued":
            lines += self.others(" " * len(lead) + self.stem(top, ""), top)
        self.descend(top, nodes, lead, lines)
        return lines

    def descend(self, top: Node, nodes: dict[str, Node], lead: str, lines: list[str]) -> None:
        """Draw what is below a node."""
        blank = " " * len(lead)
        stack = [("", top, edge) for edge in reversed(self.below.get(top.id, ()))]
        while stack:
            indent, parent, edge = stack.pop()
            siblings = self.below[parent.id]
            last = edge is siblings[-1]
            child = nodes[edge.child]
            mark = self.marked(edge, child)
            sign = f"{_SIGNS[mark]} " if lead else ""
            wide = max(min(columns(legible(it.role)), 20) for it in siblings)
            role = cut(legible(edge.role), 20)
            role += " " * (wide - columns(role))
            deep = indent + ("   " if last else "│  ")
            start = f"{sign}{indent}{'└─' if last else '├─'} {role}  {demands(edge)}  "
            if edge.child in self.told:
                lines.append(self.first(start, child, "↑", mark))
                continue
            self.told.add(edge.child)
            tail = what(child, self.facts(child))
            under = self.below.get(edge.child, ())
            if under and len(deep) > _DEEPEST:
                self.later.append(edge.child)
                lines.append(self.first(start, child, f"{tail}, goes on below", mark))
                lines += self.others(blank + deep, child)
                continue
            lines.append(self.first(start, child, tail, mark))
            lines += self.others(blank + self.stem(child, deep), child)
            stack += [(deep, child, it) for it in reversed(under)]

    def marked(self, edge: Edge, child: Node) -> Mark | None:
        """Say the mark of a line: its edge's, or that of a node that is told there.

        A path goes along edges: that it comes through a node is no mark of another edge.
        """
        mark = self.view.mark(child)
        told = edge.child in self.told or mark == "path"
        return self.view.mark(edge) or (None if told else mark)

    def stem(self, node: Node, deep: str) -> str:
        return deep + ("│  " if self.below.get(node.id) else "   ")

    def facts(self, node: Node) -> Facts:
        """Say what is known of a node."""
        return self.view.picture.of(node.id)

    def first(self, lead: str, node: Node, tail: str, mark: Mark | None) -> str:
        """Write the line of a node."""
        times = stands(self.view, node.id)
        tail = " ".join(filter(None, [times, legible(tail)]))
        room = WIDTH - columns(lead)
        name = cut(legible(node.name), max(_NAME, room - 2 - min(columns(tail), room // 2)))
        rest = cut(tail, max(0, room - columns(name) - 2))
        said = self.paint(name, mark or node.kind)
        start = self.paint(lead, mark or "soft") if lead else ""
        return (
            f"{start}{said}  {self.paint(rest, mark or 'soft')}".rstrip()
            if rest
            else start + said
        )

    def others(self, lead: str, node: Node) -> Iterator[str]:
        """Write what else is known of a node, below it."""
        room = WIDTH - columns(lead)
        facts = self.facts(node)
        below = {self.view.picture.of(it.child).file for it in self.below.get(node.id, ())}
        if facts.file in below:  # its protocol node says it
            facts = replace(facts, file="")
        texts = [legible(text) for text in more(facts, generated=self.generated)]
        names = self.view.stands_for.get(node.id, ())
        if len(names) > 1:
            texts.append(some([cut(legible(name), 30) for name in names], room))
        for text in texts:
            yield self.paint(lead, "soft") + self.paint(cut(text, room), "soft")

    def paint(self, text: str, style: str) -> str:
        """Paint a text."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colour and text else text


#: Order of tops: what a guest or a client holds, then jobs, then nodes that nobody uses.
_FIRST: Final = ("backend", "export", "job", "filter", "node")
assert set(_FIRST) == set(KINDS)  # noqa: S101 - a kind more would be lost
