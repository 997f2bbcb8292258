# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of what iotests assert is true of the examples, and of QEMU's sources."""

from collections import Counter
from pathlib import Path

import pytest
from blockdoc.bench.assertions import (
    Assertion,
    functions_of,
    iotests_folder,
    read_assertions,
)
from blockdoc.bench.check import open_check
from blockdoc.bench.iotests import Bench, Line, examples_of, main, measure
from blockdoc.errors import AuthorError, MissingError, QemuError
from blockdoc.qemu import find_build
from blockdoc.qemu.sources import source_trees

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/tools/iotests.md"
HEAD = "# Title\n\n## 030: Stream\n\n| function | what | step |\n|---|---|---|\n"
IOTEST = """\
class TestOne(iotests.QMPTestCase):
    def test_a(self):
        pass

    def test_b(self):
        pass

class TestTwo(TestOne):
    test_b = None

    def test_c(self):
        pass
"""
SCRIPT = """\
import sys
print("iotest", *sys.argv[1:])
print("Ran 2 tests")
print("why it fails")
sys.exit({status})
"""


@pytest.fixture(scope="module")
def table() -> list[Assertion]:
    return read_assertions(PAGE)


@pytest.fixture
def trees() -> list[Path]:
    """Return the source trees that there are."""
    found = source_trees()
    if not found:
        pytest.skip("no source trees; `make sources` brings them")
    return found


def tree_with(tmp_path: Path, status: int) -> Path:
    """Return a source tree whose check does nothing but print."""
    folder = tmp_path / "tests" / "qemu-iotests"
    folder.mkdir(parents=True)
    (folder / "check").write_text(SCRIPT.format(status=status))
    return tmp_path


def test_every_assertion_has_a_step_in_an_example(table: list[Assertion]) -> None:
    assert examples_of(table, ROOT)


def test_the_table_names_forty_assertions_of_five_iotests_and_six_of_each(
    table: list[Assertion],
) -> None:
    counts = Counter(it.iotest for it in table)
    assert set(counts) == {"030", "040", "041", "055", "245"}
    assert min(counts.values()) >= 6
    assert len({(it.iotest, it.function, it.claim) for it in table}) == len(table) >= 40


def test_every_iotest_example_is_in_the_table(table: list[Assertion]) -> None:
    shown = {example.path for example in examples_of(table, ROOT)}
    pages = {f"examples/iotests/{it.name}" for it in (ROOT / "examples/iotests").glob("*.md")}
    assert pages - shown == {"examples/iotests/index.md"}


def test_every_example_names_the_function_that_the_table_says(table: list[Assertion]) -> None:
    examples = examples_of(table, ROOT)
    for row in table:
        page = next(it for it in examples if row.step in {step.id for step in it.steps})
        name = row.function.partition(".")[2]
        assert name in (ROOT / page.path).read_text(), f"{row.place}: {page.path} lacks {name}"


def test_every_function_is_in_the_source_trees(
    table: list[Assertion], trees: list[Path]
) -> None:
    for tree in trees:
        folder = iotests_folder(tree)
        known = {name: functions_of(folder / name) for name in {it.iotest for it in table}}
        missing = [str(it.place) for it in table if it.function not in known[it.iotest]]
        assert not missing, f"{tree}: {missing}"


def test_a_row_has_a_function_a_claim_and_a_step(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(HEAD + "| `TestA.test_b` | a claim | {step}`an-id` |\n")
    (row,) = read_assertions(page)
    assert (row.iotest, row.function, row.claim, row.step) == (
        "030",
        "TestA.test_b",
        "a claim",
        "an-id",
    )
    assert row.place.line == 7


def test_a_table_under_another_heading_is_not_read(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(HEAD.replace("030: Stream", "Others") + "| a | b | c |\n")
    assert read_assertions(page) == []


@pytest.mark.parametrize(
    "row",
    [
        "| TestA.test_b | a claim | {step}`an-id` |",
        "| `test_b` | a claim | {step}`an-id` |",
        "| `TestA.test_b` | a claim | an-id |",
        "| `TestA.test_b` | {step}`an-id` |",
    ],
)
def test_a_row_of_another_form_is_told_with_its_line(tmp_path: Path, row: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(HEAD + row + "\n")
    with pytest.raises(AuthorError, match=r"page\.md:7: write a row as"):
        read_assertions(page)


def test_a_step_that_no_example_has_is_told_with_its_row(table: list[Assertion]) -> None:
    row = Assertion("030", "A.b", "a claim", "no-such-step", table[0].place)
    with pytest.raises(MissingError, match=r"iotests\.md:\d+: no example has .* no-such-step"):
        examples_of([row], ROOT)


def test_inherited_functions_count_unless_they_are_taken_away(tmp_path: Path) -> None:
    iotest = tmp_path / "000"
    iotest.write_text(IOTEST)
    assert functions_of(iotest) == {
        "TestOne.test_a",
        "TestOne.test_b",
        "TestTwo.test_a",
        "TestTwo.test_c",
    }


def test_check_is_told_the_iotest_and_its_functions(tmp_path: Path) -> None:
    with open_check(tree_with(tmp_path, 0), find_build()) as check:
        assert check.seconds("030", ["A.b", "A.c"]) > 0


def test_an_iotest_that_fails_is_shown(tmp_path: Path) -> None:
    with (
        open_check(tree_with(tmp_path, 1), find_build()) as check,
        pytest.raises(QemuError, match=r"iotest 030 does not pass:(?s:.*)why it fails"),
    ):
        check.seconds("030", ["A.b", "A.c"])


def test_an_iotest_that_runs_fewer_functions_is_an_error(tmp_path: Path) -> None:
    with (
        open_check(tree_with(tmp_path, 0), find_build()) as check,
        pytest.raises(QemuError, match="does not pass"),
    ):
        check.seconds("030", ["A.b", "A.c", "A.d"])


def test_without_a_source_tree_it_says_what_to_give(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--qemu-src", str(tmp_path)]) == 2
    assert "give a QEMU source tree" in capsys.readouterr().err


def test_a_line_of_the_result_compares_the_two_times() -> None:
    assert Line("030", 2, 3, 1, check=2.0, ours=0.1).ratio == pytest.approx(0.05)


def test_an_iotest_is_measured_against_its_examples(tmp_path: Path, trees: list[Path]) -> None:
    (tmp_path / "pyproject.toml").symlink_to(ROOT / "pyproject.toml")
    (tmp_path / "examples/iotests").mkdir(parents=True)
    name = "stream-refused.md"
    (tmp_path / "examples/iotests" / name).symlink_to(ROOT / "examples/iotests" / name)
    (tmp_path / "docs/tools").mkdir(parents=True)
    (tmp_path / "docs/tools/iotests.md").write_text(
        HEAD + "| `TestSingleDrive.test_job_id_missing` | c | {step}`stream-refused-no-id` |\n"
    )
    with open_check(trees[0], find_build()) as check:
        first, total, fresh = measure(tmp_path, Bench(find_build(), check, 1))
    assert first.name == "030"
    assert first.check > first.ours > 0
    assert (total.check, fresh.check) == (first.check, first.check)
