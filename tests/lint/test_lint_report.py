# SPDX-License-Identifier: GPL-2.0-or-later
"""Findings as text, JSON and JUnit, and the command that shows them."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from blockdoc.cli import main
from blockdoc.errors import Place
from blockdoc.lint import Checked, Finding, Kind, to_json, to_junit, to_text

ROOT = Path(__file__).parents[2]
FINDING = Finding(Place("examples/a.md", 7), Kind.WRONG_TYPE, "a < \x00 & b", "a-open")


def test_a_line_of_text_is_a_link():
    assert to_text([FINDING]) == "examples/a.md:7: wrong-type: a < \x00 & b\n"


def test_json_has_the_members_that_every_report_has():
    assert json.loads(to_json([FINDING])) == [
        {
            "path": "examples/a.md",
            "line": 7,
            "id": "a-open",
            "kind": "wrong-type",
            "message": "a < \x00 & b",
        }
    ]


def test_junit_has_a_case_for_each_thing_that_was_checked():
    checked = [Checked("examples/a.md", "a-open"), Checked("examples/a.md", "a-run")]
    suite = ET.fromstring(to_junit([FINDING, FINDING], checked, "lint"))[0]  # noqa: S314
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failed, passed = suite
    assert (failed.get("classname"), failed.get("name")) == ("examples/a.md", "a-open")
    assert failed[0].get("message") == "wrong-type: a < \ufffd & b"
    assert (failed[0].text or "").count("examples/a.md:7: ") == 2
    assert list(passed) == []


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository with the real schemas and one example."""
    (tmp_path / "docs/_data").mkdir(parents=True)
    (tmp_path / "docs/_data/schema").symlink_to(ROOT / "docs/_data/schema")
    (tmp_path / "examples").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "examples/a.md"


GOOD = '```{qmp-example}\n:id: a\n\n-> { "execute": "query-jobs" }\n<- { "return": [] }\n```\n'


def test_the_command_finds_nothing_in_a_good_example(
    page: Path, capsys: pytest.CaptureFixture[str]
):
    page.write_text(GOOD)
    assert main(["lint", "examples", "--junitxml", "build/lint.xml"]) == 0
    assert capsys.readouterr().out == ""
    assert 'tests="1" failures="0"' in Path("build/lint.xml").read_text()


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_command_tells_of_a_mistake(
    page: Path, capsys: pytest.CaptureFixture[str], form: str
):
    page.write_text(GOOD.replace("query-jobs", "query-job"))
    assert main(["lint", "--format", form, "examples/a.md"]) == 1
    out = capsys.readouterr().out
    assert (
        "examples/a.md:4: unknown-command: there is" in out
        if form == "text"
        else json.loads(out)
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "nothing: no such file"),
        (["--junitxml", "examples/a.md/x", "examples"], "cannot be written: "),
    ],
)
def test_used_wrongly_it_says_so(
    page: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
):
    page.write_text(GOOD)
    assert main(["lint", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_without_schemas_it_says_how_to_make_them(
    page: Path, capsys: pytest.CaptureFixture[str]
):
    (page.parents[1] / "docs/_data/schema").unlink()
    assert main(["lint", "examples"]) == 2
    assert "`blockdoc schema --write` makes them" in capsys.readouterr().err
