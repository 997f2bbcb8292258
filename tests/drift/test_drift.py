# SPDX-License-Identifier: GPL-2.0-or-later
"""`blockdoc drift` finds what has changed since a section was reviewed, and nothing else."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from blockdoc.cli import main
from blockdoc.example import read_example

Write = Callable[..., Path]
Capture = pytest.CaptureFixture[str]


def drift(tree: Path, capsys: Capture, *words: str) -> list[tuple[str, str, str]]:
    """Return id, kind and message of each finding."""
    capsys.readouterr()
    status = main(["drift", "--source", str(tree), "--format", "json", *words])
    found = json.loads(capsys.readouterr().out)
    assert status == bool(found)
    return [(it["id"], it["kind"], it["message"]) for it in found]


@pytest.mark.usefixtures("guide")
@pytest.mark.parametrize(
    "change",
    [
        ("job.c", "/* so */", "/* otherwise */"),
        ("job.c", "job->pause_count++;", "job->pause_count ++ ;\n"),
        ("block/io.c", "bs)\n{", "bs) {"),
        ("include/block/block-io.h", "struct", "/* new */\n\nstruct"),
        ("qapi/job.json", "{ 'enum'", "# what may be asked\n{ 'enum'"),
    ],
)
def test_comments_and_blanks_are_no_change(
    change: tuple[str, str, str], write: Write, capsys: Capture
) -> None:
    assert drift(write("new", change), capsys) == []


@pytest.mark.usefixtures("guide")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            ("job.c", "job_pause", "job_halt"),
            [("drain-quiet", "gone", "job_pause is gone (job.c)")],
        ),
        (
            ("job.c", "++", "--"),
            [("drain-quiet", "body", "job_pause has other code (job.c)")],
        ),
        (
            ("include/block/block-io.h", "bool", "int"),
            [
                (
                    "drain-quiet",
                    "signature",
                    (
                        "BdrvChild.quiesced_parent has another signature "
                        "(include/block/block-io.h)"
                    ),
                )
            ],
        ),
        (
            ("include/block/block-io.h", "GRAPH_UNLOCKED ", ""),
            [
                (it, "annotation", "bdrv_drained_begin has other annotations (block/io.c)")
                for it in ("DRAIN-3", "drain-why")
            ],
        ),
        (
            ("qapi/job.json", "'pause' ]", "'pause', 'rewind' ]"),
            [
                ("drain-why", "list", "JobVerb has rewind, which is not listed"),
                ("rewind", "new", "rewind of JobVerb: no page speaks of it"),
            ],
        ),
        (
            ("qapi/job.json", "'job-pause'", "'job-halt'"),
            [
                ("drain-quiet", "gone", "command job-pause is gone"),
                ("job-halt", "new", "command job-halt: no page speaks of it"),
            ],
        ),
    ],
)
def test_a_change_is_told_of_at_its_section(
    change: tuple[str, str, str],
    expected: list[tuple[str, str, str]],
    write: Write,
    capsys: Capture,
) -> None:
    assert drift(write("new", change), capsys) == expected


@pytest.mark.usefixtures("guide")
def test_a_verb_that_is_gone_is_told_of_where_it_is_listed(
    write: Write, capsys: Capture
) -> None:
    tree = write("new", ("qapi/job.json", "'cancel', 'pause'", "'cancel'"))
    (found,) = drift(tree, capsys)
    assert found[1] == "list"
    assert found[2].startswith("pause is listed, but JobVerb has no such value")


@pytest.mark.usefixtures("guide")
def test_code_that_has_only_moved_weighs_least(
    tmp_path: Path, write: Write, capsys: Capture
) -> None:
    tree = write("new", ("block/io.c", "poll", "wait"))
    (tree / "job.c").rename(tree / "block/job.c")
    (tree / "job.c").write_text("")
    assert [it[1] for it in drift(tree, capsys)] == ["body", "body", "moved"]
    old = str(tmp_path / "old")
    assert main(["drift", "--source", str(tree), "--since", old]) == 1
    assert "job.c → block/job.c" in capsys.readouterr().out


@pytest.mark.usefixtures("guide")
def test_with_the_older_sources_the_difference_is_shown_once(
    tmp_path: Path, write: Write, capsys: Capture
) -> None:
    tree = write("new", ("block/io.c", "poll(bs)", "wait(bs)"))
    assert main(["drift", "--source", str(tree), "--since", str(tmp_path / "old")]) == 1
    out = capsys.readouterr().out
    assert out.splitlines()[:3] == [
        (
            "docs/drain.md:20: DRAIN-3: Never drain under the graph lock "
            f"(reviewed for {tmp_path / 'old'})"
        ),
        "    run again: drain-other",
        "    bdrv_drained_begin has other code, 33 % of it (block/io.c)",
    ]
    assert out.count("-  poll(bs);") == out.count("+  wait(bs);") == 1
    assert out.count("bdrv_drained_begin has other code") == 2


@pytest.mark.usefixtures("guide")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("job.c", "job_pause", "job_halt"), "job_pause is gone; perhaps job_halt now (job.c)"),
        (
            ("include/block/block-io.h", "quiesced_parent", "quiet"),
            (
                "BdrvChild.quiesced_parent is gone; perhaps BdrvChild.quiet now "
                "(include/block/block-io.h)"
            ),
        ),
    ],
)
def test_what_is_only_called_otherwise_is_guessed(
    change: tuple[str, str, str], expected: str, tmp_path: Path, write: Write, capsys: Capture
) -> None:
    found = drift(write("new", change), capsys, "--since", str(tmp_path / "old"))
    assert [it[2] for it in found] == [expected]


@pytest.mark.usefixtures("guide")
def test_an_issue_has_a_box_to_tick_for_each_section(
    tmp_path: Path, write: Write, capsys: Capture
) -> None:
    tree = write("new", ("block/io.c", "poll(bs)", "wait(bs)"))
    words = ["drift", "--source", str(tree), "--since", str(tmp_path / "old")]
    assert main([*words, "--format", "markdown"]) == 1
    out = capsys.readouterr().out
    assert "- [ ] **DRAIN-3** Never drain under the graph lock (`docs/drain.md:20`" in out
    assert "    ```diff\n" in out


@pytest.mark.usefixtures("guide")
def test_a_git_tree_tells_the_commits(
    write: Write, capsys: Capture, git: Callable[..., str]
) -> None:
    tree = write("clone")
    git(tree, "init", "-q")
    for message, change in (
        ("first", []),
        ("job: Count down", [("job.c", "++", "--")]),
        ("io: Wait", [("job.c", "++", "--"), ("block/io.c", "poll(bs)", "wait(bs)")]),
    ):
        write("clone", *change)
        git(tree, "add", ".")
        git(tree, "commit", "-qm", message)
    assert main(["drift", "--source", str(tree), "--since", "HEAD~2"]) == 1
    lines = capsys.readouterr().out.split("\n")
    commits = [line.split("# ")[1].split(" ", 1)[1] for line in lines if "# " in line]
    assert commits == ["io: Wait", "job: Count down"]


@pytest.mark.usefixtures("guide")
def test_what_names_no_older_sources_is_refused(write: Write, capsys: Capture) -> None:
    assert main(["drift", "--source", str(write("new")), "--since", "v9"]) == 2
    assert "nor a commit of" in capsys.readouterr().err


def test_a_review_is_recorded_for_one_section(
    guide: Path, write: Write, capsys: Capture
) -> None:
    changed = write("new", ("block/io.c", "poll", "wait"), ("VERSION", "10.2.2", "11.0.0"))
    assert main(["symbols", "--tree", str(changed)]) == 0
    assert {it[0] for it in drift(changed, capsys)} == {"DRAIN-3", "drain-why"}
    assert main(["reviewed", "DRAIN-3", "--release", "11.0"]) == 0
    said = "DRAIN-3 is reviewed for 11.0.0 (before: 10.2.2)"
    assert said in capsys.readouterr().out
    assert json.loads((guide / "docs/_data/reviews.json").read_text()) == {"DRAIN-3": "11.0.0"}
    assert {it[0] for it in drift(changed, capsys)} == {"drain-why"}


@pytest.mark.usefixtures("guide")
@pytest.mark.parametrize(
    ("section", "release", "message"),
    [("DRAIN-4", "10.2", "there are"), ("DRAIN-3", "9.9", "it has 10.2.2")],
)
def test_a_review_of_nothing_is_refused(
    section: str, release: str, message: str, capsys: Capture
) -> None:
    assert main(["reviewed", section, "--release", release]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.usefixtures("guide")
def test_a_citation_has_a_link_only_if_there_is_a_site(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    capsys.readouterr()
    assert main(["cite", "drain-3", "drain-why"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "[DRAIN-3] Never drain under the graph lock",
        "[drain-why] Drain: Why",
    ]
    monkeypatch.setenv("GUIDE_BASE_URL", "https://example.org/guide/")
    assert main(["cite", "DRAIN-3"]) == 0
    link = "https://example.org/guide/r/DRAIN-3/"
    assert capsys.readouterr().out == f"[DRAIN-3] Never drain under the graph lock <{link}>\n"
    assert main(["cite", "DRAIN-99"]) == 2


def test_an_example_says_for_which_release_it_was_reviewed(
    guide: Path, write: Write, capsys: Capture
) -> None:
    head = (
        "---\nqemu: system\nreviewed: 10.2.2\n---\n\n# Pause\n\n{src}`job_pause` is called.\n"
    )
    step = "```{qmp-example}\n:id: pause\n\n-> 1\n<- 2\n```\n"
    path = guide / "examples/pause.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{head}\n{step}")
    assert read_example(path, guide).title == "Pause"
    tree = write("new", ("job.c", "++", "--"))
    assert "examples/pause.md" in {unit for unit, *_ in drift(tree, capsys)}


def test_pages_without_a_review_are_told_of_in_one_line(
    guide: Path, write: Write, capsys: Capture
) -> None:
    for number in range(7):
        (guide / f"docs/p{number}.md").write_text("# Page\n\n{src}`job_pause` is called.\n")
    (guide / "docs/silent.md").write_text("# Page\n\nIt names nothing.\n")
    tree = write("new", ("job.c", "++", "--"))
    said = "for want of `reviewed:` in their front matter: docs/p0.md, docs/p1.md, docs/p2.md, "
    for form, status in (("text", 1), ("markdown", 1), ("json", 1)):
        capsys.readouterr()
        assert main(["drift", "--source", str(tree), "--format", form]) == status
        out, err = capsys.readouterr()
        (line,) = [it for it in (out + err).splitlines() if said in it]
        assert line.rstrip(".").endswith("docs/p3.md, docs/p4.md and 2 more"), form
    assert main(["drift", "--source", str(write("same"))]) == 0
    assert said in capsys.readouterr().out
    assert main(["drift", "--source", str(tree), "--since", str(write("same"))]) == 1
    assert said not in capsys.readouterr().out
