# SPDX-License-Identifier: GPL-2.0-or-later
"""`blockdoc lint --qapi` on small trees: nothing false, and each mistake at its line."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from blockdoc.cli import main
from blockdoc.errors import MissingError
from blockdoc.lint.qapi import lint_tree
from blockdoc.qemu.sources import source_trees
from docutils.parsers.rst import directives
from sphinx.directives.admonitions import Note as SphinxNote

TREES = Path(__file__).with_name("trees")
QAPI = "qapi/qapi-schema.json"
TALK = "docs/interop/talk.rst"


def make_tree(style: str, target: Path) -> Path:
    shutil.copytree(TREES / style, target)
    shutil.copytree(TREES / "scripts", target / "scripts")
    shutil.copy(TREES / "introspection.json", target)
    return target


@pytest.fixture
def modern(tmp_path: Path) -> Path:
    return make_tree("modern", tmp_path / "tree")


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    return make_tree("legacy", tmp_path / "tree")


def test_a_tree_without_mistakes_has_no_findings(modern: Path):
    report = lint_tree(modern)
    assert [str(it) for it in report.findings] == []
    assert report.files == 2
    assert [(it.path, it.id) for it in report.checked] == [
        (QAPI, "blockdev-add"),
        (QAPI, "blockdev-add"),
        (QAPI, "block_resize"),
        (QAPI, "query-block-jobs"),
        (QAPI, "device_add"),
        (TALK, "line 24"),
        (TALK, "line 32"),
        (TALK, "line 73"),
        (TALK, "line 90"),
        (TALK, "line 96"),
    ]


def test_an_old_tree_without_mistakes_has_no_findings(legacy: Path):
    report = lint_tree(legacy)
    assert [str(it) for it in report.findings] == []
    assert [it.id for it in report.checked] == [
        "block_resize",
        "query-block-jobs",
        "query-block-jobs",
        "BLOCK_JOB_COMPLETED",
    ]


@dataclass(frozen=True)
class Seed:
    """One mistake: what it replaces, where it is found (the n-th line with it), and as what."""

    file: str
    old: str
    new: str
    kind: str
    says: str
    #: The line of the finding, counted from the line on which `old` begins.
    below: int = 0


MODERN = [
    Seed(QAPI, '"filename": "disk.qcow2"', '"filename" "disk.qcow2"', "syntax", ":"),
    Seed(QAPI, '"backing": null,', '"backing": null', "syntax", '","', 1),
    Seed(QAPI, "1073741824 } }", "1073741824 }", "syntax", "never closed", -1),
    Seed(QAPI, '"size": 1073741824 }', '"size": 1073741824, }', "syntax", "remove it"),
    Seed(QAPI, '"size": 1073741824 }', '"size": 0x1000 }', "syntax", "0x1000"),
    Seed(QAPI, '"execute": "yank" }', '"execute": "yank" },', "syntax", "ends before"),
    Seed(QAPI, '"backing": null', '"backing": None', "syntax", "null"),
    Seed(QAPI, '"blockdev-add",', '"blockdev_add",', "unknown-command", '"blockdev-add"?'),
    Seed(QAPI, '"driver": "qcow2"', '"driver": "qcow3"', "unknown-value", '"qcow2"?'),
    Seed(QAPI, '"node-name": "node0"', '"node_name": "node0"', "unknown-argument", "node-name"),
    Seed(QAPI, '"filename": "disk.qcow2"', '"name": "disk.qcow2"', "*", "filename"),
    Seed(QAPI, '"backing": null', '"backing": 1', "wrong-type", '"backing"'),
    Seed(QAPI, '"scratch", "size": 1073741824', '"scratch"', "missing-argument", '"size"'),
    Seed(QAPI, '"size": 1073741824', '"size": "1G"', "wrong-type", "an integer"),
    Seed(QAPI, '"size": 1073741824', '"size": 1.5', "wrong-type", "an integer"),
    Seed(QAPI, '"children": [ "a", "b", ... ]', '"children": "a"', "wrong-type", "an array"),
    Seed(QAPI, '"class": "GenericError"', '"class": "Error"', "unknown-value", "GenericError"),
    Seed(QAPI, '"exec-oob": "yank"', '"exec-oob": "block_resize"', "*", "out of band"),
    Seed(QAPI, '"type": "mirror", ... }', '"type": "mirror" }', "missing-member", '"ready"'),
    Seed(QAPI, '"ready": true }', '"ready": true, "x": 1 }', "unknown-member", '"x"'),
    Seed(QAPI, '"ready": true }', '"ready": "yes" }', "wrong-type", "true or false"),
    Seed(QAPI, '<- { "return": [\n', "<- { [\n", "syntax", "member"),
    Seed(QAPI, '<- { "event": "BLOCK_JOB_C', '<- { "event": "C', "unknown-event", "COMPLETED"),
    Seed(QAPI, ', "len": 1376256 },\n', " },\n", "missing-member", '"len"'),
    Seed(QAPI, "... more of them ...", "more of them", "syntax", "more"),
    Seed(QAPI, "... more jobs ...", "more jobs", "syntax", "more"),
    Seed(QAPI, '<- { "return": {}, "id": 7', '<- { "id": 7', "missing-member", '"return"'),
    Seed(TALK, '<- { "return": [] }', "<- [ ]", "syntax", "object"),
    Seed(TALK, '-> { "execute": "query', 'Say { "execute": "query', "syntax", "->"),
    Seed(TALK, "node-name=node-E", "node_name=node-E", "*", "node_name"),
    Seed(TALK, "driver=qcow2 node", "qcow2 node", "syntax", "name=value"),
    Seed(TALK, "driver=qcow2 node", "driver=qcow2 driver=file node", "syntax", "twice"),
    Seed(TALK, "file.filename=f.qcow2", "file=f.qcow2", "syntax", "twice"),
    Seed(TALK, '"filename": "e.qcow2"\n', '"filename": "f.qcow2"\n', "echo", '"e.qcow2"'),
    Seed(TALK, '        "arguments": {}\n', "", "syntax", "remove", -1),
    Seed(
        TALK,
        '"execute": "query-block-jobs",\n        "arguments": {}\n',
        '"arguments": {}\n        "execute": "query-block-jobs"\n',
        "syntax",
        '","',
        1,
    ),
    Seed(TALK, '"len": 21757952', '"length": 21757952', "*", '"len"'),
    Seed(TALK, "mirror device=node-A target", "mirror device=node-A to", "*", '"target"'),
    Seed(TALK, "TRANS> abort", "TRANS> abort now=1", "unknown-argument", '"now"'),
    Seed(TALK, '"type": "mirror", "device": "job0", "len": 0', '"type": "m"', "*", '"m"'),
]

LEGACY = [
    Seed(QAPI, "1073741824 } }", "1073741824 }", "syntax", "never closed", -1),
    Seed(QAPI, "1073741824 } }", "1073741824 } } }", "syntax", "ends before"),
    Seed(QAPI, '"scratch", "size"', '"scratch", "sizes"', "*", '"size"'),
    Seed(QAPI, '"device": "job0",\n', '"device": "job0"\n', "syntax", '","', 1),
    Seed(QAPI, "#      ]\n#    }\n", "#    }\n", "syntax", '"]"'),
    Seed(QAPI, '"len": 1376256', '"len": -0.5', "wrong-type", "an integer"),
    Seed(QAPI, '"event": "BLOCK_JOB_COM', '"event": "COM', "unknown-event", "COMPLETED"),
    Seed(QAPI, '"data": { "type": "mirror"', '"data": { "type": "m"', "unknown-value", '"m"'),
]


def find_seed(tree: Path, seed: Seed) -> None:
    path = tree / seed.file
    text = path.read_text(encoding="utf-8")
    assert seed.old in text
    line = text.count("\n", 0, text.index(seed.old)) + 1
    path.write_text(text.replace(seed.old, seed.new, 1), encoding="utf-8")
    found = lint_tree(tree).findings
    places = [(it.place.path, it.place.line) for it in found]
    assert (seed.file, line + seed.below) in places, [str(it) for it in found]
    assert any(seed.kind in ("*", str(it.kind)) and seed.says in it.message for it in found)
    assert all(abs(at - line) < 12 for _, at in places), "elsewhere is nothing wrong"


def test_what_sphinx_has_told_docutils_makes_no_difference(
    modern: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(vars(directives)["_directives"], "note", SphinxNote)
    find_seed(modern, next(it for it in MODERN if it.new == "more of them"))


@pytest.mark.parametrize("seed", MODERN, ids=lambda it: it.new.strip() or "removed")
def test_a_mistake_is_found_at_its_line(modern: Path, seed: Seed):
    find_seed(modern, seed)


@pytest.mark.parametrize("seed", LEGACY, ids=lambda it: it.new.strip())
def test_a_mistake_in_an_old_tree_is_found_at_its_line(legacy: Path, seed: Seed):
    find_seed(legacy, seed)


def test_each_mistake_of_a_block_is_found(modern: Path):
    path = modern / QAPI
    text = path.read_text(encoding="utf-8").replace('"execute": "y', '"execute: "y')
    path.write_text(text.replace('"exec-oob": "y', '"exec-oob: "y'), encoding="utf-8")
    assert [it.id for it in lint_tree(modern).findings] == ["block_resize", "device_add"]


def test_a_comma_too_many_or_too_few_hides_no_other_mistake(modern: Path):
    path = modern / QAPI
    text = path.read_text(encoding="utf-8")
    text = text.replace('"backing": null,', '"backing": null')
    text = text.replace('"filename": "disk.qcow2" }', '"file": "disk.qcow2", }')
    path.write_text(text, encoding="utf-8")
    first = text[: text.index('"node-name"')].count("\n") + 1
    assert [(it.place.line - first, str(it.kind)) for it in lint_tree(modern).findings] == [
        (2, "syntax"),
        (2, "missing-argument"),
        (3, "syntax"),
        (3, "unknown-argument"),
    ]


def test_text_names_the_place_and_the_exit_status_says_that_something_was_found(
    modern: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["lint", "--qapi", str(modern)]) == 0
    assert capsys.readouterr() == ("", "2 files, 10 examples, 0 findings\n")
    path = modern / TALK
    path.write_text(path.read_text(encoding="utf-8").replace('"len": 0', '"len": "0"'))
    assert main(["lint", "--qapi", str(modern)]) == 1
    line = f'{TALK}:90: wrong-type: member "len" is "0"; expected an integer\n'
    assert capsys.readouterr().out == line


def test_json_and_junit_say_the_same(modern: Path, capsys: pytest.CaptureFixture[str]):
    path = modern / QAPI
    text = path.read_text(encoding="utf-8").replace('"execute": "yank"', '"execute": "yanc"')
    path.write_text(text, encoding="utf-8")
    assert main(["lint", "--qapi", str(modern), "--format", "json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)
    line = text[: text.index("yanc")].count("\n") + 1
    assert finding["message"].startswith('there is no command "yanc"')
    assert (finding["path"], finding["line"]) == (QAPI, line)
    assert (finding["kind"], finding["id"]) == ("unknown-command", "block_resize")
    file = modern.parent / "lint.xml"
    assert main(["lint", "--qapi", str(modern), "--junitxml", str(file)]) == 1
    suite = ET.parse(file).getroot()[0]  # noqa: S314 - our own
    failed = [it.get("name") for it in suite if len(it)]
    assert failed == ["block_resize"]
    assert suite.get("failures") == "1"


def test_only_the_files_that_are_named_are_read(modern: Path):
    assert lint_tree(modern, ["docs/interop"]).files == 1
    assert lint_tree(modern, [QAPI, str(modern / QAPI)]).files == 1
    with pytest.raises(MissingError, match="no such file or directory"):
        lint_tree(modern, ["docs/nothing.rst"])
    with pytest.raises(MissingError, match="no such file or directory"):
        lint_tree(modern, ["../"])


def test_a_file_that_is_not_utf_8_is_a_finding(modern: Path):
    (modern / "docs/interop/latin.rst").write_bytes(b"caf\xe9\n")
    (finding,) = lint_tree(modern).findings
    assert str(finding) == "docs/interop/latin.rst:1: syntax: not UTF-8 at byte 3"


def complaint(tree: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["lint", "--qapi", str(tree)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said.removeprefix(f"{tree}: ").rstrip("\n")


def test_one_line_says_that_there_is_no_tree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    said = complaint(tmp_path / "nowhere", capsys)
    assert said == "no source tree of QEMU, it has no qapi/qapi-schema.json"


def test_one_line_says_that_the_tree_has_no_parser(
    modern: Path, capsys: pytest.CaptureFixture[str]
):
    shutil.rmtree(modern / "scripts/qapi")
    said = complaint(modern, capsys)
    assert said == "no scripts/qapi, with which its schema could be read"


def test_one_line_says_why_the_parser_cannot_be_used(
    modern: Path, capsys: pytest.CaptureFixture[str]
):
    (modern / "scripts/qapi/introspect.py").unlink()
    said = complaint(modern, capsys)
    assert said == (
        "cannot read its schema: its scripts/qapi cannot be used: "
        "No module named 'qapi.introspect'"
    )


def test_one_line_says_what_the_parser_refuses(
    modern: Path, capsys: pytest.CaptureFixture[str]
):
    path = modern / QAPI
    path.write_text(path.read_text(encoding="utf-8") + "syntax error\n", encoding="utf-8")
    line = path.read_text(encoding="utf-8").count("\n")
    said = complaint(modern, capsys)
    assert said == f"cannot read its schema: {QAPI}:{line}: expected ','"


def test_one_line_tells_how_a_parser_breaks(modern: Path, capsys: pytest.CaptureFixture[str]):
    path = modern / "scripts/qapi/schema.py"
    path.write_text(path.read_text(encoding="utf-8").replace("json.load(", "json.lode("))
    said = complaint(modern, capsys)
    assert "AttributeError: module 'json' has no attribute 'lode'" in said


def test_nothing_is_left_in_the_tree(modern: Path):
    before = sorted(modern.rglob("*"))
    lint_tree(modern)
    assert sorted(modern.rglob("*")) == before


@pytest.mark.parametrize("version", ["7.2.22", "10.0.13", "10.2.2"])
def test_the_findings_in_a_release_are_those_that_were_looked_at(version: str):
    trees = {(it / "VERSION").read_text(encoding="utf-8").strip(): it for it in source_trees()}
    tree = trees.get(version)
    if tree is None:
        pytest.skip(f"no source tree of {version}; `make sources` brings them")
    seen = Path(__file__).with_name("seen") / f"{version}.txt"
    found = [f"{it}\n" for it in lint_tree(tree).findings]
    assert "".join(found) == seen.read_text(encoding="utf-8")
