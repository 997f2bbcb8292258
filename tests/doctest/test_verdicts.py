# SPDX-License-Identifier: GPL-2.0-or-later
"""The file of verdicts: small, the same for the same verdicts, never about another text."""

from pathlib import Path

import pytest
from blockdoc.doctest.verdicts import PATH, Judged, Verdict, Verdicts, text_hash
from blockdoc.errors import BlockdocError

PASSED, FAILED = Verdict("passed"), Verdict("failed")
SKIPPED = Verdict("skipped", "needs 10.0")
EXPECTED = """\
{
 "releases": {"7.2": "7.2.22", "10.0": "10.0.13"},
 "examples": {
  "examples/a.md": {"text": "aa", "7.2": ["skipped", "needs 10.0"], "10.0": "passed"},
  "examples/b.md": {"text": "bb", "7.2": "passed", "10.0": {"one": "passed", "two": "failed"}}
 }
}
"""


def both() -> Verdicts:
    """Run on two releases, the newer one first."""
    texts = {"examples/b.md": "bb", "examples/a.md": "aa"}
    ten = {
        "examples/a.md": {"one": PASSED, "two": PASSED},
        "examples/b.md": {"one": PASSED, "two": FAILED},
    }
    seven = {
        "examples/a.md": {"one": SKIPPED, "two": SKIPPED},
        "examples/b.md": {"one": PASSED, "two": PASSED},
    }
    none = Verdicts({}, {})
    return none.with_run("10.0", "10.0.13", texts, ten).with_run("7.2", "7.2.22", texts, seven)


def test_steps_that_are_all_alike_are_one_word() -> None:
    assert both().text() == EXPECTED


def test_what_is_written_is_read_and_written_the_same(tmp_path: Path) -> None:
    (tmp_path / "docs/_data").mkdir(parents=True)
    both().write(tmp_path)
    assert (tmp_path / PATH).read_text() == EXPECTED
    assert Verdicts.read(tmp_path).text() == EXPECTED
    assert [it.name for it in (tmp_path / "docs/_data").iterdir()] == ["verdicts.json"]


def test_the_verdict_on_an_example_is_its_worst() -> None:
    examples = both().examples
    assert examples["examples/a.md"].outcome("7.2") == SKIPPED
    assert examples["examples/b.md"].outcome("10.0") == FAILED
    assert examples["examples/b.md"].outcome("11.1") is None


def test_a_run_forgets_what_was_said_of_another_text_or_of_an_example_that_is_gone() -> None:
    texts = {"examples/a.md": "changed"}
    after = both().with_run("10.0", "10.0.14", texts, {"examples/a.md": {"one": PASSED}})
    assert after.releases == {"7.2": "7.2.22", "10.0": "10.0.14"}
    assert after.examples == {
        "examples/a.md": Judged("changed", {"10.0": {"one": PASSED}}),
    }


def test_an_example_that_was_not_reached_has_no_verdict() -> None:
    after = both().with_run("10.0", "10.0.13", {"examples/a.md": "aa"}, {})
    assert set(after.examples["examples/a.md"].verdicts) == {"7.2"}


def test_no_file_is_no_verdicts(tmp_path: Path) -> None:
    assert Verdicts.read(tmp_path) == Verdicts({}, {})


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"releases": {}, "examples": {"a": {}}}',
        '{"releases": {}, "examples": {"a": {"text": "x", "7.2": "good"}}}',
        '{"releases": {}, "examples": {"a": {"text": "x", "7.2": [1]}}}',
    ],
)
def test_another_file_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "docs/_data").mkdir(parents=True)
    (tmp_path / PATH).write_text(text)
    with pytest.raises(BlockdocError, match=r"^docs/_data/verdicts\.json:1: this is not"):
        Verdicts.read(tmp_path)


def test_a_hash_is_of_the_bytes() -> None:
    assert text_hash(b"a\n") != text_hash(b"a\r\n")
    assert len(text_hash(b"")) == 16
