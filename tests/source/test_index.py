# SPDX-License-Identifier: GPL-2.0-or-later
"""The index says where every cited name is, and which are nowhere."""

import json
from pathlib import Path

import pytest
from blockdoc.errors import AuthorError, MissingError
from blockdoc.source import Citation, Finding, Index, make_index, open_tree
from blockdoc.source.tree import SourceTree

TREES = Path(__file__).parent / "trees"
EMPTY = Index((), {}, {})


def trees() -> list[SourceTree]:
    return [open_tree(str(TREES / name)) for name in ("old", "new")]


def indexed(*names: str) -> tuple[Index, tuple[Finding, ...]]:
    return make_index([Citation(name, "page.md", 3) for name in names], trees(), EMPTY)


def places(index: Index, name: str) -> dict[str, str]:
    return {
        release: f"{entry['file']}:{entry['line']}"
        for release, entry in index.symbols[name].items()
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bdrv_co_flush", {"7.2.22": "block/io.c:1", "10.2.2": "block/io.c:1"}),
        ("bdrv_flush", {"10.2.2": "include/block/block.h:36"}),
        ("BlockDriverState", {"10.2.2": "include/block/block.h:27"}),
        ("JobSTT", {"7.2.22": "block.c:1", "10.2.2": "block.c:30"}),
        ("JOB_STATUS_CREATED", {"10.2.2": "qapi/job.json:7"}),
        ("job-pause", {"10.2.2": "qapi/job.json:13"}),
        ("util/async.c:twice", {"10.2.2": "util/async.c:1"}),
        ("only_in_tests", {"10.2.2": "tests/fake.c:2"}),
    ],
)
def test_a_name_is_found_in_each_release(name: str, expected: dict[str, str]) -> None:
    index, findings = indexed(name)
    assert not findings
    assert places(index, name) == expected


def test_a_file_is_found_in_each_release() -> None:
    index, findings = indexed("block/io.c", "qapi/job.json")
    assert not findings
    assert index.files == {"block/io.c": ("7.2.22", "10.2.2"), "qapi/job.json": ("10.2.2",)}


@pytest.mark.parametrize(
    "name",
    [
        "bdrv_ghost",
        "bdrv_string",
        "block/io.c:JobSTT",
        "block/none.c",
        "../old/block.c",
        "block",
    ],
)
def test_a_name_that_is_nowhere_is_told_of(name: str) -> None:
    index, (finding,) = indexed(name)
    assert not index.symbols
    assert not index.files
    assert str(finding).startswith(f"page.md:3: '{name}' is not in the sources of QEMU 7.2.22,")
    assert finding.as_json()["kind"] == "unknown"


def test_a_misspelt_name_gets_a_suggestion() -> None:
    _, (finding,) = indexed("bdrv_co_flsh()")
    assert finding.message.endswith("did you mean bdrv_co_flush or bdrv_flush?")


def test_a_name_of_several_files_needs_one() -> None:
    _, (finding,) = indexed("twice")
    assert finding.kind == "ambiguous"
    assert "{src}`block/io.c:twice` or {src}`util/async.c:twice`" in finding.message


def test_the_text_is_canonical_and_reads_back(tmp_path: Path) -> None:
    index, _ = indexed("JobSTT", "bdrv_co_flush", "block/io.c")
    again, _ = indexed("block/io.c", "bdrv_co_flush", "JobSTT", "JobSTT")
    assert index.text() == again.text()
    path = tmp_path / "symbols.json"
    path.write_text(index.text())
    assert Index.read(path).text() == index.text()
    assert json.loads(index.text())["releases"] == ["7.2.22", "10.2.2"]


def test_releases_whose_tree_is_not_at_hand_are_kept() -> None:
    old, _ = indexed("JobSTT", "bdrv_co_flush", "block/io.c")
    citations = [Citation("JobSTT", "page.md", 1), Citation("block/io.c", "page.md", 1)]
    index, findings = make_index(citations, trees()[1:], old)
    assert not findings
    assert index.releases == ("7.2.22", "10.2.2")
    assert places(index, "JobSTT") == {"7.2.22": "block.c:1", "10.2.2": "block.c:30"}
    assert index.files == {"block/io.c": ("7.2.22", "10.2.2")}
    assert "bdrv_co_flush" not in index.symbols


def test_what_is_no_tree_or_no_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="not a source tree of QEMU"):
        open_tree(str(tmp_path))
    with pytest.raises(MissingError, match="newest"):
        open_tree(f"newest={TREES / 'new'}")
    path = tmp_path / "symbols.json"
    path.write_text("[]")
    with pytest.raises(AuthorError, match="not a symbol index"):
        Index.read(path)
