# SPDX-License-Identifier: GPL-2.0-or-later
"""What the iotests assert and which step shows it: the tables of docs/tools/iotests.md.

::

    ## 030: Stream                               the iotest, up to the colon
    | function | what it asserts | step |
    | `Class.test_name` | one sentence | {step}`id` |
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from blockdoc.errors import AuthorError, MissingError, Place

__all__ = ["Assertion", "functions_of", "iotests_folder", "read_assertions"]

FUNCTION = re.compile(r"`(\w+\.\w+)`")
STEP = re.compile(r"\{step\}`([\w-]+)`")
COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Assertion:
    """One row: something that a function of an iotest asserts, and the step that shows it."""

    #: Name of the iotest's file, such as ``030``.
    iotest: str
    #: ``Class.function``.
    function: str
    #: What it asserts, in words.
    claim: str
    #: Id of the step.
    step: str
    #: The row.
    place: Place


def read_assertions(page: Path) -> list[Assertion]:
    """Return the rows of all tables that stand under a heading ``NUMBER: …``.

    :raise MissingError: there is no such page.
    :raise AuthorError: a row is not of the form above.
    """
    try:
        text = page.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise MissingError(f"{page}: no such file; run this in the guide's root") from error
    return list(_assertions(MarkdownIt("commonmark").enable("table").parse(text), page))


def _assertions(tokens: Sequence[Token], page: Path) -> Iterator[Assertion]:
    iotest = ""
    for number, token in enumerate(tokens):
        if token.type == "heading_open":
            name, colon, _ = tokens[number + 1].content.partition(":")
            iotest = name if colon else ""
        elif token.type == "tr_open" and iotest and token.level > 1 and token.map is not None:
            cells = [it.content for it in tokens[number + 2 : number + 9 : 3]]
            if tokens[number + 1].type == "td_open":
                yield _row(iotest, cells, Place(str(page), token.map[0] + 1))


def _row(iotest: str, cells: Sequence[str], place: Place) -> Assertion:
    function = FUNCTION.fullmatch(cells[0])
    step = STEP.fullmatch(cells[-1])
    if function is None or step is None or len(cells) != COLUMNS:
        raise AuthorError("write a row as | `Class.function` | … | {step}`id` |", place)
    return Assertion(iotest, function[1], cells[1], step[1], place)


def iotests_folder(tree: Path) -> Path:
    """Return where a QEMU source tree has its iotests.

    :raise MissingError: it has none.
    """
    folder = tree / "tests" / "qemu-iotests"
    if not (folder / "check").is_file():
        raise MissingError(f"{tree}: no tests/qemu-iotests/check; give a QEMU source tree")
    return folder


def functions_of(iotest: Path) -> set[str]:
    """Return every ``Class.function`` that `iotest` can run: its own and inherited ones.

    A class may take an inherited function away by setting it to None.
    """
    tree = ast.parse(iotest.read_text(encoding="utf-8"))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    return {f"{name}.{it}" for name in classes for it in _members(name, classes)}


def _members(name: str, classes: dict[str, ast.ClassDef]) -> set[str]:
    if name not in classes:
        return set()
    found: set[str] = set()
    for base in classes[name].bases:
        found |= _members(base.id, classes) if isinstance(base, ast.Name) else set()
    for node in classes[name].body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found -= {it.id for it in node.targets if isinstance(it, ast.Name)}
    return found
