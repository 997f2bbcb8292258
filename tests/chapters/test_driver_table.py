# SPDX-License-Identifier: GPL-2.0-or-later
"""The tables of a driver's fields are those of QEMU's header, and name who calls them.

::

    struct BlockDriver of each tree ──► name, coroutine, lock, half of the header ─┐
                                                                                   ├─► the same
    tables of the chapter ───────────────────────────────────────────────────────────┘
    functions of the core that call it ◄── the same ──► functions that a row names
    its other fields ◄── the same ──► table of facts
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from blockdoc.qemu.sources import source_trees
from blockdoc.source.mask import uncomment

CHAPTER = Path(__file__).parents[2] / "docs/devel/block/driver.md"
HEADER = "include/block/block_int-common.h"
#: Where the core calls drivers from.
CORE = (
    "block.c",
    *(f"block/{it}.c" for it in ("io", "amend", "create", "snapshot", "dirty-bitmap")),
)
LOCKS = {
    "GRAPH_RDLOCK_PTR": "read",
    "GRAPH_WRLOCK_PTR": "write",
    "GRAPH_UNLOCKED_PTR": "none",
}
#: The line of the header between the two kinds.
IO_PART = "I/O API functions. These functions are thread-safe."
FIELD = re.compile(
    r"(?P<type>[^;{}]*?)\(\s*\*\s*(?P<name>bdrv_\w+)\s*\)\s*\([^;]*?\)\s*;", re.DOTALL
)
ROW = re.compile(
    r"^\| `(?P<name>bdrv_\w+)` \| (?P<co>co)? ?\| (?P<lock>read|write|none|-) "
    r"\| (?P<kind>GS|I/O) \| (?P<callers>[^|]+) \|",
    re.MULTILINE,
)
FUNCTION = re.compile(
    r"^(?!\s)[^;{}#]*?\b(\w+)\([^;{}]*?\)\s*\n\{\n(.*?)\n\}", re.MULTILINE | re.DOTALL
)
#: A line of the header that declares a field which is no function.
FACT = re.compile(r"^    (?:const )?\w+ (?:\*(?:const )?)*(?P<name>\w+);", re.MULTILINE)
FACT_ROW = re.compile(r"^\| (`\w+`(?:, `\w+`)*) \| [^|]+ \|$", re.MULTILINE)
CALLER = re.compile(r"\{src\}`(?:[^`:]+:)?(\w+)`")


class Callback(NamedTuple):
    """What the header says of a callback."""

    name: str
    coroutine: bool
    lock: str
    kind: str


def trees() -> dict[str, Path]:
    """Return the sources that are here, by series."""
    found = {}
    for tree in source_trees():
        version = (tree / "VERSION").read_text(encoding="utf-8").strip()
        found[".".join(version.split(".")[:2])] = tree
    if not found:
        pytest.skip("no sources of QEMU are here: make sources")
    return found


def tree(series: str) -> Path:
    """Return the sources of a series."""
    if series not in (found := trees()):
        pytest.skip(f"the sources of QEMU {series} are not here: make sources")
    return found[series]


def struct(tree: Path) -> str:
    """Return what stands between the braces of `struct BlockDriver`."""
    text = (tree / HEADER).read_text(encoding="utf-8")
    return text.partition("\nstruct BlockDriver {\n")[2].partition("\n};\n")[0]


def callbacks(tree: Path) -> set[Callback]:
    """Return the function pointers of `struct BlockDriver`."""
    body = struct(tree)
    border = body.index(IO_PART)
    code = uncomment(body)
    return {
        Callback(
            match["name"],
            coroutine="coroutine_fn" in (words := re.findall(r"\w+", match["type"])),
            lock=next((LOCKS[word] for word in words if word in LOCKS), "-"),
            kind="GS" if match.start("name") < border else "I/O",
        )
        for match in FIELD.finditer(code)
    }


def tables() -> list[re.Match[str]]:
    """Return the rows of the chapter's tables of callbacks."""
    text = CHAPTER.read_text(encoding="utf-8")
    return list(
        ROW.finditer(text.partition("(driver-table)=")[2].partition("(driver-rules)=")[0])
    )


def functions(tree: Path) -> dict[str, list[str]]:
    """Return the definitions of the functions from which drivers are called."""
    found: dict[str, list[str]] = {}
    for file in CORE:
        text = uncomment((tree / file).read_text(encoding="utf-8"))
        for match in FUNCTION.finditer(text):
            found.setdefault(match[1], []).append(match[2])
    return found


def test_the_tables_are_the_header_of_10_2() -> None:
    """Each callback has one row, with the marks that the header gives it."""
    rows = [
        Callback(row["name"], bool(row["co"]), row["lock"], row["kind"]) for row in tables()
    ]
    assert len(rows) == len(set(rows))
    assert set(rows) == callbacks(tree("10.2"))


def test_each_row_names_all_callers_in_the_core() -> None:
    """A row names the functions that call the callback, and no other."""
    known = functions(tree("10.2"))
    called = {
        row["name"]: {
            name
            for name, bodies in known.items()
            if any(re.search(rf"->{row['name']}\s*\(", body) for body in bodies)
        }
        for row in tables()
    }
    assert {row["name"]: set(CALLER.findall(row["callers"])) for row in tables()} == called


def test_no_row_is_without_a_caller() -> None:
    """A callback that nobody calls would be a finding, not a row."""
    assert [row["name"] for row in tables() if not CALLER.search(row["callers"])] == []


def test_the_table_of_facts_has_each_other_field() -> None:
    """What is no function pointer and no link of a list has its row."""
    told = CHAPTER.read_text(encoding="utf-8")
    told = told.partition("(driver-facts)=")[2].partition("(driver-smallest)=")[0]
    rows = [name for row in FACT_ROW.findall(told) for name in re.findall(r"`(\w+)`", row)]
    assert sorted(rows) == sorted(FACT.findall(uncomment(struct(tree("10.2")))))


@pytest.mark.parametrize("series", ["7.2", "10.0"])
def test_what_another_release_has_is_told(series: str) -> None:
    """The table by release lists what is there and not in 10.2, or the other way round."""
    new, old = ({it.name for it in callbacks(tree(it))} for it in ("10.2", series))
    text = CHAPTER.read_text(encoding="utf-8").partition("(driver-releases)=")[2]
    rows = re.findall(r"^\| (`bdrv_[^|]+) \| ([0-9., ]+) \|", text, re.MULTILINE)
    told = {
        (name, release.strip())
        for names, releases in rows
        for name in re.findall(r"`(bdrv_\w+)`", names)
        for release in releases.split(",")
    }
    gone = {name for name, release in told if release == series and (name, "10.2") not in told}
    assert gone == old - new
    if series == "7.2":
        there = {name for name, release in told if release == "10.2"}
        assert there == new - old


def test_one_mark_has_changed_since_10_0() -> None:
    """The sentence below the table by release."""
    new, old = callbacks(tree("10.2")), callbacks(tree("10.0"))
    both = {it.name for it in new} & {it.name for it in old}
    changed = {it for it in new - old if it.name in both}
    assert changed == {Callback("bdrv_close", coroutine=False, lock="none", kind="GS")}
