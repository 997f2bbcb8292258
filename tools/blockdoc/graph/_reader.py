# SPDX-License-Identifier: GPL-2.0-or-later
"""Read Mermaid text back: the parser behind :func:`blockdoc.graph.mermaid.parse_mermaid`.

It accepts what :func:`~blockdoc.graph.mermaid.to_mermaid` writes, in any order and
with any indentation, and says of anything else what was expected and where.
"""

import re
from typing import Final, NoReturn

from blockdoc.errors import AuthorError, Place
from blockdoc.graph._syntax import FLAGS, HEADER, KIND_OF, TextError, from_text
from blockdoc.graph.model import KINDS, PERMISSIONS, Edge, Graph, Kind, Node

__all__ = ["Reader"]

_ID = r"[A-Za-z0-9_.-]+"
_NODE = re.compile(rf'({_ID})(\[\[|\(\[|\{{\{{|\[|>)"([^"]*)"(\]\]|\]\)|\}}\}}|\])')
_EDGE = re.compile(rf'({_ID}) *-->\|"([^"]*)"\| *({_ID})')
_EDGE_LABEL = re.compile(r"(.*)<br>([r-][w-][u-][s-]) / ([r-][w-][u-][s-])")
_NODE_FORM: Final = 'n_top["top<br>qcow2"]'
_EDGE_FORM: Final = 'n_top -->|"file<br>rw-s / r-u-"| n_top.file'
_REMEDY: Final = "or leave the fence empty below its front matter: `make record` fills it in"


class Reader:
    """Reads one fence; knows the line that it is at."""

    def __init__(self, place: Place) -> None:
        self._path = place.path
        self._first = place.line
        self._line = place.line
        self._nodes: dict[str, Node] = {}
        self._edges: dict[tuple[str, str, str], Edge] = {}

    def read(self, text: str) -> Graph:
        """Read the text below the front matter."""
        lines = [
            (number, line.strip())
            for number, line in enumerate(text.split("\n"), self._first)
            if line.strip()
        ]
        if not lines:
            self._fail("the graph is empty: `make record` fills it in")
        header, *body = lines
        self._read_header(*header)
        for self._line, line in body:
            self._read_line(line)
        self._check_ends()
        return Graph.of(self._nodes.values(), self._edges.values(), header[0])

    def _read_header(self, number: int, line: str) -> None:
        self._line = number
        if line != HEADER:
            self._refuse(f"expected `{HEADER}`, found `{line}`")

    def _read_line(self, line: str) -> None:
        if match := _NODE.fullmatch(line):
            self._add_node(match)
        elif match := _EDGE.fullmatch(line):
            self._add_edge(match)
        else:
            self._refuse(
                f"expected a node such as `{_NODE_FORM}` or an edge such as `{_EDGE_FORM}`, "
                f"found `{line}`",
            )

    def _add_node(self, match: re.Match[str]) -> None:
        node = self._node(match)
        if match[1] != node.id:
            self._refuse(f"the id of `{node.title}` is `{node.id}`, found `{match[1]}`")
        if node.id in self._nodes:
            self._refuse(
                f"`{node.title}` was already there in line {self._nodes[node.id].line}"
            )
        self._nodes[node.id] = node

    def _node(self, match: re.Match[str]) -> Node:
        kind = KIND_OF.get((match[2], match[4]))
        name, line_break, rest = match[3].partition("<br>")
        if kind is None or not line_break:
            self._refuse(f"expected a node such as `{_NODE_FORM}`, found `{match[0]}`")
        driver, *flags = rest.split(", ")
        for flag in flags:
            if flag not in FLAGS:
                self._refuse(f"expected a flag of {', '.join(FLAGS)}, found `{flag}`")
        driver = self._driver(kind, driver)
        return Node(kind, self._plain(name), driver, tuple(flags), self._line)

    def _driver(self, kind: Kind, text: str) -> str:
        """Take the kind off the second line of a label."""
        if kind == "node":
            return self._plain(text)
        said, colon, driver = text.partition(": ")
        if said != kind or (colon and not driver):
            self._refuse(
                f"the shape says {kind}, so the second line of the label begins `{kind}`, "
                f"found `{text}`; the kinds are {', '.join(KINDS)}",
            )
        return self._plain(driver)

    def _add_edge(self, match: re.Match[str]) -> None:
        label = _EDGE_LABEL.fullmatch(match[2])
        if label is None:
            self._refuse(
                "the label of an edge is its role and its permissions, taken and shared, "
                f"such as `file<br>rw-s / r-u-`, found `{match[2]}`",
            )
        role = self._plain(label[1])
        key = match[1], match[3], role
        if key in self._edges:
            self._refuse(f"this edge was already there in line {self._edges[key].line}")
        perm, shared = _permissions(label[2]), _permissions(label[3])
        self._edges[key] = Edge(match[1], match[3], role, perm, shared, self._line)

    def _check_ends(self) -> None:
        for edge in self._edges.values():
            for end in (edge.parent, edge.child):
                if end not in self._nodes:
                    self._line = edge.line
                    self._refuse(f"no node `{end}` in this graph")

    def _plain(self, text: str) -> str:
        try:
            return from_text(text)
        except TextError as error:
            self._refuse(str(error))

    def _refuse(self, message: str) -> NoReturn:
        self._fail(f"{message}; put it right, {_REMEDY}")

    def _fail(self, message: str) -> NoReturn:
        raise AuthorError(message, Place(self._path, self._line))


def _permissions(text: str) -> frozenset[str]:
    return frozenset(PERMISSIONS[letter] for letter in text if letter != "-")
