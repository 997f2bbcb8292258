# SPDX-License-Identifier: GPL-2.0-or-later
"""Every mistake that is put into a correct example is found, at its line."""

from pathlib import Path

import pytest
import yaml
from blockdoc.lint import Finding, Kind, lint_files, lint_text
from blockdoc.schema.modules import read_modules
from blockdoc.schema.recorded import Recorded, read_releases

ROOT = Path(__file__).parents[2]
GOOD = (ROOT / "tests/lint/examples/good.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def releases() -> tuple[Recorded, ...]:
    return read_releases(ROOT)


def found(text: str, releases: tuple[Recorded, ...]) -> list[Finding]:
    return list(lint_text(text, "examples/good.md", releases).findings)


def test_no_mistake_is_found_where_there_is_none(releases: tuple[Recorded, ...]):
    report = lint_text(GOOD, "examples/good.md", releases)
    assert report.findings == ()
    assert [it.id for it in report.checked] == [
        "good-open",
        "good-run",
        "good-guest",
        "good-change",
    ]


def test_no_example_and_no_page_has_one(releases: tuple[Recorded, ...]):
    files = [*(ROOT / "examples").rglob("*.md"), *(ROOT / "docs").rglob("*.md")]
    report = lint_files([*files, ROOT / "README.md"], ROOT, releases, read_modules(ROOT))
    assert [str(finding) for finding in report.findings] == []
    assert len(report.checked) > 100


def seeds() -> list[dict[str, str]]:
    text = (ROOT / "tests/lint/examples/mistakes.yaml").read_text(encoding="utf-8")
    return list(yaml.safe_load(text))


@pytest.mark.parametrize("seed", seeds(), ids=lambda seed: f"{seed['kind']}: {seed['says']}")
def test_a_mistake_is_found_where_it_is(seed: dict[str, str], releases: tuple[Recorded, ...]):
    assert GOOD.count(seed["for"]) == 1
    marked = GOOD.replace(seed["for"], seed["put"])
    line = marked.count("\n", 0, marked.index("§")) + 1
    findings = found(marked.replace("§", ""), releases)
    shown = [str(it) for it in findings]
    assert any(it.kind == seed["kind"] and seed["says"] in it.message for it in findings), shown
    assert {it.place.line for it in findings} == {line}, shown


GDB = """# One

```{gdb-example}
:id: one

-> { "execute": "query-jobs" }
(gdb) qemu-block why
...
<- { "return": [] }
```
"""


@pytest.mark.parametrize(
    ("old", "new", "says", "line"),
    [
        ("qemu-block why", "shell ls", "a step only looks", 7),
        ("(gdb) qemu-block why", "", "expected a command behind `(gdb) `", 0),
        ("query-jobs", "query-job", "query-job", 6),
        ('"return": []', '"return": 1', "", 9),
    ],
)
def test_what_gdb_and_qemu_are_told_is_checked(
    old: str, new: str, says: str, line: int, releases: tuple[Recorded, ...]
):
    assert found(GDB, releases) == []
    findings = found(GDB.replace(old, new), releases)
    assert any(says in it.message and line in {0, it.place.line} for it in findings), findings


@pytest.mark.parametrize("how", ["step", "front matter"])
def test_an_example_may_say_that_it_shows_what_is_deprecated(
    releases: tuple[Recorded, ...], how: str
):
    text = GOOD.replace('"auto-dismiss": false', '"base": "base"')
    assert {it.kind for it in found(text, releases)} == {Kind.DEPRECATED}
    if how == "step":
        text = text.replace(":id: good-run\n", ":id: good-run\n:shows: unstable deprecated\n")
    else:
        text = text.replace("requires:", "shows: [deprecated]\nrequires:")
    assert found(text, releases) == []


def test_what_only_an_older_release_calls_unstable_is_no_mistake(
    releases: tuple[Recorded, ...],
):
    old = GOOD.replace("requires: qemu >= 7.2", "requires: qemu < 11.0")
    old = old.replace('"execute": "block-commit"', '"execute": "x-blockdev-change"')
    kinds = {it.kind for it in found(old, releases)}
    assert Kind.UNKNOWN_ARGUMENT in kinds
    assert Kind.UNSTABLE not in kinds


def test_a_command_that_qemu_refused_may_be_wrong_in_every_way(releases: tuple[Recorded, ...]):
    text = GOOD.replace('"query-jobbs" }', '"block-job-pause", "arguments": { "no": [] } }')
    assert found(text, releases) == []


@pytest.mark.parametrize(("kind", "mistakes"), [("GenericError", 1), ("CommandNotFound", 0)])
def test_a_command_that_is_not_there_is_refused_as_one_that_is_not_there(
    releases: tuple[Recorded, ...], kind: str, mistakes: int
):
    text = f"""{GOOD}
```{{qmp-example}}
:id: good-refused
:vm: daemon

-> {{ "execute": "block-comit" }}
<- {{ "error": {{ "class": "{kind}", "desc": ... }} }}
```
"""
    assert [it.kind for it in found(text, releases)] == [Kind.UNKNOWN_COMMAND] * mistakes


def test_an_elision_is_no_mistake_in_what_upstream_writes(releases: tuple[Recorded, ...]):
    text = GOOD.replace('"overlap-check": "all",', "...")
    text = text.replace(
        '"image": { "filename": "top.qcow2", ... }', '"image": ... as above ...'
    )
    text = text.replace('<- { "return": {}, "id": 7 }', "<- { ... }")
    assert found(text, releases) == []


def test_a_page_is_held_against_the_newest_release_whatever_its_fence_is(
    releases: tuple[Recorded, ...],
):
    fence = '```{qmp-example}\n:id: a\n\n-> { "execute": "stap" }\n```'
    text = f"A page.\n\n````markdown\n{fence}\n````\n"
    (finding,) = lint_text(text, "docs/page.md", releases, is_example=False).findings
    assert (finding.kind, finding.place.line) == (Kind.UNKNOWN_COMMAND, 7)
    text = '```text\n<- { "event": "STOPP" }\n```\n'
    (finding,) = lint_text(text, "docs/page.md", releases, is_example=False).findings
    assert (finding.kind, finding.place.line) == (Kind.UNKNOWN_EVENT, 2)
    prose = '```text\nmessage = ( "->" | "<-" )\n```\n'
    assert not lint_text(prose, "docs/page.md", releases, is_example=False).findings


@pytest.mark.parametrize(
    "text", ["", "no step\n", "---\nqemu: [\n---\n", "```{qmp-example}\n```\n"]
)
def test_what_is_no_example_is_one_finding(text: str, releases: tuple[Recorded, ...]):
    (finding,) = found(text, releases)
    assert finding.kind is Kind.SYNTAX


def test_json_that_nests_deeply_ends(releases: tuple[Recorded, ...]):
    depth = 300
    node = '{ "driver": "raw", "file": ' * depth + '"x"' + " }" * depth
    text = GOOD.replace('"backing": null', f'"backing": {node}')
    assert found(text, releases) == []
