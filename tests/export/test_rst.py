# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps in the notation of QEMU's documentation, and back."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from blockdoc.cli import main
from blockdoc.errors import AuthorError, Place
from blockdoc.example import Step, is_example, parse_example, read_example
from blockdoc.export.rst import example_text, to_rst, without_captures
from blockdoc.schema.recorded import read_releases
from blockdoc.transcript import Command, Reply, parse_transcript
from blockdoc.upstream import find_snippets

ROOT = Path(__file__).parents[2]
NEWEST = read_releases(ROOT)[-1]
FILES = [it for it in sorted((ROOT / "examples").rglob("*.md")) if is_example(it)]


def shown(text: str) -> str:
    return without_captures(parse_transcript(text, Place("a.md", 1)))


def written(step: Step, *, comment: bool) -> str:
    """Return the step as upstream has it, or why there is no such thing."""
    try:
        return to_rst(step, NEWEST, comment=comment)
    except AuthorError as error:
        return str(error)


@pytest.mark.parametrize("topic", sorted({it.parent.name for it in FILES}))
@pytest.mark.parametrize("name", ["page.rst", "page.json"])
def test_every_step_goes_there_and_back_or_says_in_one_line_why_not(
    topic: str, name: str, tmp_path: Path
):
    counts: Counter[str] = Counter()
    comment = name == "page.json"
    for file in (it for it in FILES if it.parent.name == topic):
        example = read_example(file, ROOT)
        if example.requires and not example.requires.applies(NEWEST):
            continue
        for step in example.steps:
            fence = step.fence(NEWEST)
            text = written(step, comment=comment)
            if text.startswith(f"{example.path}:"):
                assert "\n" not in text
                assert ("the command sends <" if step.kind == "qmp" else "is no QMP") in text
                counts["refused"] += 1
                continue
            (tmp_path / name).write_text(
                f"##\n# @x:\n#\n{text}##\n" if comment else text, encoding="utf-8"
            )
            (snippet,) = find_snippets(tmp_path, name)
            transcript = parse_transcript(fence.text, fence.body)
            assert snippet.source.text.strip() == without_captures(transcript).strip()
            items = Counter(type(it) for it in transcript.items)
            if items[Command] == items[Reply]:
                page = example_text(snippet, step.id)
                (back,) = parse_example(page, "back.md").steps
                assert back.id == step.id
                assert back.alternatives[0].text.strip() == snippet.source.text.strip()
                counts["back"] += 1
            else:
                with pytest.raises(AuthorError, match=r"without a (reply|command)"):
                    example_text(snippet, step.id)
    assert sum(counts.values())


def test_a_capture_in_an_answer_becomes_an_elision():
    text = '<- { "return": [ { "node-name": <auto>, "x": [ <a>, ... ] } ] }\n'
    assert shown(text) == '<- { "return": [ { "node-name": ..., "x": [ ..., ... ] } ] }\n'


def test_a_command_with_a_capture_is_refused_at_its_line():
    text = '<- { "a": <n> }\n-> { "execute": "x",\n     "arguments": { "a": <n> } }\n'
    with pytest.raises(AuthorError, match=r"^a\.md:3: the command sends <n>"):
        shown(text)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('-> { "execute": ... }\n<- { "return": {} }', "3: a command is sent as it stands"),
        ('-> { "execute": "a" }', "3: a command without a reply"),
        ('<- { "return": {} }', "3: a reply without a command"),
        ('-> { "execute": "a", }\n<- { "return": {} }', "3: no "),
    ],
)
def test_what_cannot_be_run_is_not_adopted(body: str, message: str, tmp_path: Path):
    lines = "".join(f"  {line}\n" for line in body.splitlines())
    (tmp_path / "a.rst").write_text(f".. qmp-example::\n\n{lines}")
    (snippet,) = find_snippets(tmp_path, "a.rst")
    with pytest.raises(AuthorError) as caught:
        example_text(snippet)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["export", "--rst", "nothing"], "nothing: no step and no example"),
        (["export", "--rst", "cancel-soft", "--release", "1.0"], "1.0: not recorded"),
        (["adopt", "README.md"], "expected FILE:LINE"),
        (["adopt", "none.rst:1"], "none.rst: no such file"),
        (["adopt", "README.md:1"], "README.md:1: there is no example"),
    ],
)
def test_what_is_asked_wrongly_gets_one_line(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.chdir(ROOT)
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1


def test_the_command_line_goes_there_and_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(ROOT)
    assert main(["export", "--rst", "cancel-soft"]) == 0
    page = tmp_path / "a.rst"
    page.write_text(capsys.readouterr().out)
    done = subprocess.run(
        [sys.executable, "-m", "blockdoc.cli", "adopt", f"{page}:4", "--id", "cancel-soft"],
        capture_output=True,
        text=True,
        check=True,
    )
    (step,) = parse_example(done.stdout, "a.md").steps
    assert step.id == "cancel-soft"
