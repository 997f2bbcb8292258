# SPDX-License-Identifier: GPL-2.0-or-later
"""The map from chapters to QEMU's tests names chapters and tests that are there."""

import re
from pathlib import Path

import pytest
from blockdoc.bench.assertions import iotests_folder
from blockdoc.qemu.sources import source_tree

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs/devel/block"
PAGE = FOLDER / "tests.md"
SERIES = "10.2"
CHAPTER = re.compile(r"^Chapter: \{doc\}`([\w-]+)`\.$", re.MULTILINE)
ROW = re.compile(r"^\| `([\w./-]+)` \|(?: (yes|unit))? \| (.+) \|$", re.MULTILINE)
#: Those that the page says have no tests of their own, and itself.
WITHOUT = {"index", "map", "hang", "case-studies", "open-bugs", "tests"}
GROUPS = re.compile(r"^# group:(.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tree() -> Path:
    """Return the sources that the page is about; CI may have to do without them."""
    tree = source_tree(SERIES)
    if not tree.is_dir():
        pytest.skip(f"no sources of QEMU {SERIES}; `make sources ARGS={SERIES}` brings them")
    return tree


def rows(page: str) -> list[tuple[str, str, str]]:
    """Return name, mark and words of each row."""
    return [(it[1], it[2] or "", it[3]) for it in ROW.finditer(page)]


def test_every_chapter_has_a_table_in_the_order_of_the_guide(page: str) -> None:
    chapters = {it.stem for it in FOLDER.glob("*.md")}
    assert set(CHAPTER.findall(page)) == chapters - WITHOUT
    index = (FOLDER / "index.md").read_text(encoding="utf-8").splitlines()
    assert CHAPTER.findall(page) == [it for it in index if it in chapters - WITHOUT]
    assert all(f"{{doc}}`{it}`" in page for it in WITHOUT - {"index", "tests"})


def test_every_line_of_a_table_is_read(page: str) -> None:
    tables = page.partition("(tests-graph)=")[2]
    lines = [it for it in tables.splitlines() if it.startswith("| ") and "| test |" not in it]
    assert len(lines) == len(rows(page)) > 150


def test_no_chapter_names_a_test_twice(page: str) -> None:
    for section in page.split("\n## ")[1:]:
        names = [name for name, _, _ in rows(section)]
        assert len(set(names)) == len(names), section.partition("\n")[0]


def test_every_test_is_there_and_in_the_group_that_is_said(page: str, tree: Path) -> None:
    wrong = []
    for name, mark, _ in rows(page):
        if name.endswith(".c"):
            file, said = tree / "tests/unit" / name, "unit"
        else:
            file = iotests_folder(tree) / name
            groups = GROUPS.search(file.read_text("utf-8")) if file.is_file() else None
            said = "yes" if groups and "auto" in groups[1].split() else ""
        if not file.is_file() or mark != said:
            wrong.append((name, mark, said))
    assert not wrong
