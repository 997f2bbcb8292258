# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a page claims to list all values of an enumeration, it lists them all."""

from collections.abc import Sequence

import pytest
from blockdoc.lint.lists import check_lists

ENUMS = {"Fruit": ("apple", "pear", "plum")}


def said(text: str) -> list[str]:
    def values_of(name: str) -> Sequence[str]:
        return ENUMS.get(name, ())

    return [f"{it.place.line}: {it.message}" for it in check_lists(text, "page.md", values_of)]


ROWS = (
    "<!-- all: Fruit in rows -->\n\n| | a |\n|---|---|\n| `apple`, pear | 1 |\n| plum | 2 |\n"
)
COLUMNS = (
    "<!-- all: Fruit in columns -->\n| | apple | pear | plum |\n|---|--|--|--|\n| x | | | |\n"
)
ITEMS = (
    "<!-- all: Fruit -->\n\n* `apple`: red,\n  or not\n* **pear**\n\n  more\n"
    "* plum, blue\n  * lime\n\nkiwi\n"
)
DIAGRAM = (
    "<!-- all: Fruit -->\n\n```mermaid\nstateDiagram-v2\n  [*] --> apple\n"
    "  apple --> pear : falls\n  pear --> plum\n```\n"
)


@pytest.mark.parametrize(
    "text", [ROWS, COLUMNS, ITEMS, DIAGRAM], ids=["rows", "columns", "items", "diagram"]
)
def test_a_whole_list_is_no_mistake(text: str):
    assert said(f"A page.\n\n{text}\n* other\n") == []


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        (ROWS.replace("| plum | 2 |\n", ""), "1"),
        (COLUMNS.replace("plum", ""), "1"),
        (ITEMS.replace("* plum, blue\n  * lime\n", ""), "1"),
        (DIAGRAM.replace("  pear --> plum\n", ""), "1"),
    ],
    ids=["rows", "columns", "items", "diagram"],
)
def test_what_is_not_listed_is_found(text: str, lost: str):
    assert said(text) == [f"{lost}: Fruit has plum, which is not listed"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (ROWS.replace("plum", "plumb, plum"), 6),
        (COLUMNS.replace("plum", "plum | plumb").replace("--|\n", "--|--|\n"), 2),
        (ITEMS.replace("* plum, blue", "* plumb\n* plum"), 8),
        (DIAGRAM.replace("  pear --> plum", "  plumb --> plum\n  pear --> plum"), 7),
    ],
    ids=["rows", "columns", "items", "diagram"],
)
def test_what_the_enumeration_has_not_is_found(text: str, line: int):
    wanted = "plumb is listed, but Fruit has no such value"
    assert said(text) == [f'{line}: {wanted}; did you mean "plum"?']


def test_exceptions_are_neither_listed_nor_invented():
    claim = ROWS.replace("in rows", "in rows except {}")
    assert said(claim.format("plum").replace("| plum | 2 |\n", "")) == []
    assert said(claim.format("plum")) == ["6: plum is excepted, but listed"]
    assert said(claim.format("kiwi")) == ["1: kiwi is excepted, but Fruit has no such value"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!-- all: Fruits -->\n\n* a\n", "1: no release has an enumeration Fruits"),
        ("<!-- all: Fruit -->\n\nprose\n", "1: no table, list or state diagram follows"),
        ("<!-- all: Fruit -->\n", "1: no table, list or state diagram follows"),
        (
            "x\n\n<!-- all: Fruit in cells -->\n\n* a\n",
            "3: cannot read `<!-- all: Fruit in cells",
        ),
    ],
)
def test_a_claim_that_cannot_be_held_is_found(text: str, message: str):
    (found,) = said(text)
    assert found.startswith(message)


def test_one_table_may_be_claimed_twice():
    text = f"<!-- all: Fruit in rows -->\n{COLUMNS}"
    assert [it.partition(":")[0] for it in said(text)] == ["1", "1", "1", "5"]
