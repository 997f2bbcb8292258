# SPDX-License-Identifier: GPL-2.0-or-later
"""Examples as QEMU's iotests: what is written, what is refused, and that check takes it."""

import ast
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn, cast

import pytest
from blockdoc.bench.check import Check, open_check
from blockdoc.cli import main
from blockdoc.errors import AuthorError, MissingError, Place
from blockdoc.example import Example, is_example, parse_example, read_example
from blockdoc.export.iotest import Iotest, to_iotest
from blockdoc.export.iotest.helpers import HELPERS
from blockdoc.export.iotest.python import call
from blockdoc.export.iotest.shown import form_of, logged
from blockdoc.qemu import find_build
from blockdoc.qemu.sources import source_tree
from blockdoc.schema.recorded import Recorded, read_releases
from blockdoc.transcript import Json, match, parse_transcript

ROOT = Path(__file__).parents[2]
SERIES = "10.0"
RELEASES = {it.release.series: it for it in read_releases(ROOT)}
FILES = [it for it in sorted((ROOT / "examples").rglob("*.md")) if is_example(it)]
#: What can be written, of all examples; fewer is a loss.
AT_LEAST = 170
HEAD = "---\ntitle: A title\nimages:\n  disk.qcow2: 1M\n---\n\n# A title\n\n"
#: A job with graphs; an answer with gaps; tools; a capture; a device of a system emulator.
SEVERAL = (
    "jobs/commit-active",
    "iotests/reopen-change",
    "reconfiguration/backing-name",
    "graph/names",
    "graph/device",
)


def release(series: str = SERIES) -> Recorded:
    return RELEASES[series]


def exported(name: str, change: Callable[[str], str] = str) -> Iotest:
    path = f"examples/{name}.md"
    text = (ROOT / path).read_text(encoding="utf-8")
    return to_iotest(parse_example(change(text), path), release(), SERIES)


def written(*fences: str, head: str = HEAD) -> Iotest:
    body = "\n\n".join(
        f"```{{{kind}-example}}\n:id: step-{number}\n{rest}\n```"
        for number, (kind, rest) in enumerate(
            (fence.split("\n", 1) for fence in fences), start=1
        )
    )
    return to_iotest(parse_example(head + body + "\n", "examples/t/one.md"), release(), SERIES)


# --- what is written ----------------------------------------------------------------------


def test_a_test_says_what_it_is_where_it_comes_from_and_under_which_licence() -> None:
    test = exported("jobs/commit-active")
    assert test.name == "block-guide-jobs-commit-active"
    lines = test.program.split("\n")
    assert lines[:2] == ["#!/usr/bin/env python3", "# group: rw quick"]
    head = lines[: lines.index("import os")]
    for line in (
        "# Commit the active layer",
        "# examples/jobs/commit-active.md of the living guide to QEMU's block layer,",
        "# with the answers of QEMU 10.0.",
        "# SPDX-License-Identifier: GPL-2.0-or-later",
    ):
        assert line in head


def test_the_output_is_the_examples_transcript() -> None:
    test = written(
        'qmp\n-> { "execute": "b", "arguments": { "z": 1, "a-b": [ true, null ] } }\n'
        '<- { "return": { "y": 1, "x": [] } }\n'
        '<- { "event": "E", "data": { "id": "i" } }'
    )
    assert test.output == (
        "\n=== step-1 ===\n"
        '{"execute": "b", "arguments": {"a-b": [true, null], "z": 1}}\n'
        '{"return": {"x": [], "y": 1}}\n'
        '{"data": {"id": "i"}, "event": "E", "timestamp": '
        '{"microseconds": "USECS", "seconds": "SECS"}}\n'
    )
    assert "vm.qmp_log('b', z=1, a_b=[True, None])" in test.program
    assert "event_log(vm, 'E', id='i')" in test.program


def test_an_event_is_waited_for_by_its_job_and_a_loose_one_by_its_status() -> None:
    events = (
        '-> { "execute": "job-pause", "arguments": { "id": "j" } }\n<- { "return": {} }\n'
        '<- { "event": "JOB_STATUS_CHANGE", "data": { "id": "j", "status": "paused" } }'
    )
    strict = written(f"qmp\n{events}")
    assert "event_log(vm, 'JOB_STATUS_CHANGE', id='j')" in strict.program
    assert "leftovers(vm, 'j')" in strict.program
    loose = written(f"qmp\n:events: loose\n{events}")
    assert "event_log(vm, 'JOB_STATUS_CHANGE', id='j', status='paused')" in loose.program
    assert "leftovers(vm, 'j', drop=True)" in loose.program


def test_events_are_loose_from_an_elision_line_to_the_next_command() -> None:
    test = written(
        'qmp\n-> { "execute": "job-pause", "arguments": { "id": "j" } }\n<- { "return": {} }\n'
        '...\n-> { "execute": "query-jobs" }\n<- { "return": [] }'
    )
    calls = [it.strip() for it in test.program.split("\n") if it.startswith("        ")][-4:]
    assert calls == [
        "vm.qmp_log('job-pause', id='j')",
        "leftovers(vm, 'j', drop=True)",
        "vm.qmp_log('query-jobs')",
        "leftovers(vm, 'j')",
    ]


def test_what_was_captured_is_sent_and_its_name_is_logged_before_other_filters() -> None:
    test = written(
        'qmp\n:filters: NODE_NAME\n-> { "execute": "a" }\n<- { "return": <it> }\n'
        '-> { "execute": "b", "arguments": { "c": <it> } }\n<- { "return": {} }'
    )
    call = "vm.qmp_log('b', filters=[sent, iotests.filter_qmp_generated_node_ids], c="
    words = " ".join(test.program.split())
    assert f"{call}NAMES['<it>'])" in words
    assert '{"execute": "b", "arguments": {"c": "<it>"}}' in test.output


def test_a_tool_runs_before_the_machine_starts_if_it_stands_first() -> None:
    test = written(
        "console\n$ qemu-img info x", 'qmp\n-> { "execute": "a" }\n<- { "return": {} }'
    )
    lines = test.program.split("\n")
    assert lines.index("    tool_log('qemu-img info x')") < lines.index(
        "    with Daemon() as vm:"
    )


def test_only_what_is_called_is_carried_along() -> None:
    test = written("console\n$ qemu-img info x")
    assert [it for it in HELPERS if f"def {it}(" in test.program] == ["text_log", "tool_log"]
    assert "# group: rw img quick" in test.program
    assert "class Daemon" not in test.program


def test_a_long_line_is_told_to_pylint() -> None:
    plain = written("console\n$ qemu-img info x")
    assert "pylint" not in plain.program
    assert max(map(len, plain.program.split("\n"))) <= 79
    long = written(f"console\n$ qemu-img info {'x' * 80}")
    assert "\n# pylint: disable=line-too-long\n" in long.program


@pytest.mark.parametrize(
    "value", ["short", "many words " * 12, {"a": ["b" * 30] * 9}, [1] * 90]
)
def test_a_call_says_what_it_was_given(value: object) -> None:
    text = call("f", ["x", value], {"key": value}, 4)
    (node,) = ast.parse(text.strip()).body
    assert isinstance(node, ast.Expr)
    assert isinstance(node.value, ast.Call)
    assert [ast.literal_eval(it) for it in node.value.args] == ["x", value]
    assert [ast.literal_eval(it.value) for it in node.value.keywords] == [value]
    assert max(map(len, text.split("\n"))) <= 79


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [read_example(file, ROOT) for file in FILES]


def written_or_refused(example: Example, series: str) -> Iotest | str:
    try:
        return to_iotest(example, release(series), series)
    except AuthorError as error:
        return str(error)


@pytest.mark.parametrize("series", RELEASES)
def test_every_example_is_written_or_refused_in_one_line(
    series: str, examples: list[Example]
) -> None:
    count = 0
    for example in examples:
        test = written_or_refused(example, series)
        if isinstance(test, str):
            assert re.fullmatch(rf"{re.escape(example.path)}:\d+: [^\n]+", test)
            continue
        ast.parse(test.program)
        assert test.output.count("\n=== ") == len(example.steps)
        count += 1
    assert count >= AT_LEAST


# --- what is refused ----------------------------------------------------------------------

ASK = '-> { "execute": "a" }\n'
OK = '<- { "return": {} }\n'
CREATED = '<- { "event": "JOB_STATUS_CHANGE", "data": { "id": "j", "status": "created" } }\n'
DONE = '<- { "event": "BLOCK_JOB_COMPLETED", "data": { "device": "j" } }\n'


@pytest.mark.parametrize(
    ("fence", "line", "message"),
    [
        (
            f"qmp\n\n{ASK}{ASK}{OK}{OK}",
            13,
            "it is sent before the command above it is answered",
        ),
        (f"qmp\n:ends: crashed (SIGSEGV)\n\n{ASK}", 9, "QEMU ends in it"),
        (f"qmp\n:events: strict\n\n{ASK}{OK}", 9, "its events are strict"),
        (f"qmp\n:filters: OFFSET\n\n{ASK}{OK}", 9, "no such filter as OFFSET"),
        (f'qmp\n\n-> {{ "exec-oob": "a" }}\n{OK}', 12, "sends `execute` and `arguments` alone"),
        (f'qmp\n\n-> {{ "execute": "a", "arguments": {{ ... }} }}\n{OK}', 12, "without `...`"),
        (
            f'qmp\n\n-> {{ "execute": "a", "arguments": {{ "b_c": 1 }} }}\n{OK}',
            12,
            "cannot send an argument called b_c",
        ),
        (
            f'qmp\n\n-> {{ "execute": "a", "arguments": {{ "from": 1 }} }}\n{OK}',
            12,
            "cannot send an argument called from",
        ),
        (
            'qmp\n\n-> { "execute": "block-export-add", "arguments": { "type": "fuse" } }\n'
            + OK,
            12,
            "depends on the host",
        ),
        (f'qmp\n\n{ASK}{OK}<- {{ "event": <name> }}\n', 14, "an event without a name"),
        (
            f"qmp\n\n{ASK}{OK}{CREATED}{CREATED}{DONE}",
            16,
            "an earlier BLOCK_JOB_COMPLETED of j is not written",
        ),
        (f"qmp\n\n{ASK}", 12, "no reply is written"),
        ("console\n\n$ nbdinfo x", 12, "iotests.py has no nbdinfo"),
        ("console\n\n$ qemu-io x\n[exit status 134]", 12, "a signal ends qemu-io"),
        ("gdb\n\n(gdb) info threads", 9, "does not show gdb"),
    ],
)
def test_what_cannot_be_said_is_refused_at_its_line(
    fence: str, line: int, message: str
) -> None:
    with pytest.raises(AuthorError) as caught:
        written(fence)
    told = str(caught.value)
    assert told.startswith(f"examples/t/one.md:{line}: step-1 cannot be in an iotest: ")
    assert message in told
    assert "\n" not in told


@pytest.mark.parametrize(
    ("head", "fence", "line", "message"),
    [
        (
            "machines:\n  a: {qemu: system}\n  b: {qemu: system, args: []}\n",
            f"qmp\n:vm: a\n\n{ASK}{OK}",
            4,
            "one machine",
        ),
        ("trace: [blk_co_*]\n", "trace\nblk_co_preadv", 5, "does not show trace events"),
        ("requires: qemu >= 99.0\n", f"qmp\n{ASK}{OK}", 2, "requires qemu >= 99.0"),
        ("qemu: system\n", f'qmp\n-> {{ "execute": "cont" }}\n{OK}', 7, "a guest runs"),
    ],
)
def test_what_the_head_asks_for_is_refused_too(
    head: str, fence: str, line: int, message: str
) -> None:
    with pytest.raises(AuthorError, match=message) as caught:
        written(fence, head=f"---\n{head}---\n\n")
    assert caught.value.place == Place("examples/t/one.md", line)


def test_nothing_is_asked_of_a_machine_that_was_told_to_quit() -> None:
    quits = f'qmp\n-> {{ "execute": "quit" }}\n{OK}'
    assert "vm.wait()" in written(quits, "console\n$ qemu-img info x").program
    with pytest.raises(AuthorError, match=r"step-2 .* QEMU was asked to quit before"):
        written(quits, f"qmp\n{ASK}{OK}")


# --- the helpers --------------------------------------------------------------------------


@pytest.fixture
def helpers() -> dict[str, Any]:
    """Return the helpers that need no QEMU, as a test has them."""
    lines: list[str] = []
    names: dict[str, Any] = {
        "Any": Any,
        "Dict": dict,
        "re": re,
        "lines": lines,
        "log": lambda text, filters=(): lines.append(text),  # noqa: ARG005 - as iotests.log
    }
    for name in ("only", "text_log"):
        exec(HELPERS[name].text, names)  # noqa: S102 - what the tests run
    return names


NODES: Json = {
    "return": [
        {"node-name": "a", "ro": True, "drv": "raw"},
        {"node-name": "b", "ro": False, "drv": "raw"},
    ]
}


@pytest.mark.parametrize(
    ("pattern", "actual"),
    [
        ('{ "return": [ ..., { "node-name": "b", "ro": false, ... } ] }', NODES),
        ('{ "return": [ ..., { "node-name": "b", "ro": true, ... } ] }', NODES),
        ('{ "return": [ ..., { "node-name": "a", "ro": true, ... } ] }', NODES),
        ('{ "return": [ { "node-name": "a", ... }, ... ] }', NODES),
        ('{ "return": [ ... { "node-name": "a", ... }, ..., { "drv": "raw", ... } ] }', NODES),
        ('{ "return": [ ... { "node-name": "b", ... } ... { "drv": "raw", ... } ] }', NODES),
        ('{ "return": [ ... { "node-name": "a", "ro": true } ... ] }', NODES),
        ('{ "return": [ ... { "node-name": "c", ... } ... ] }', NODES),
        ('{ "return": [ ... { "ro": false, ... } ... ] }', NODES),
        ('{ "return": [ ... { "ro": 1, ... } ... ] }', NODES),
        ('{ "return": [ { "node-name": "a", ... } ] }', NODES),
        ('{ "return": [ ... ] }', NODES),
        ('{ "return": [ ..., ... ] }', {"return": []}),
        ('{ "return": ... }', NODES),
        ('{ "return": { "x": [ 1, ... ] } }', {"return": {"x": [1, 2]}}),
        ('{ "return": { "x": [ ..., 3 ] } }', {"return": {"x": [1, 2, 3]}}),
        ('{ "return": { "x": [ 1, ... ] } }', {"return": {"x": [2, 1]}}),
        ('{ "return": { "x": [ ... [ 1, ... ] ... ] } }', {"return": {"x": [[2], [1, 3]]}}),
        ('{ "return": { "x": ..., ... } }', {"return": {"y": 1}}),
        ('{ "return": { "x": <n>, "y": <n> } }', {"return": {"x": 5, "y": 5}}),
        ('{ "return": { "x": <n>, "y": <n> } }', {"return": {"x": 5, "y": 6}}),
        ('{ "return": {} , ... }', {"error": {"class": "GenericError", "desc": "no"}}),
        ('{ "return": [ ... { "node-name": "a", "x": [ ... 2 ... ], ... } ... ] }',
         {"return": [{"node-name": "a", "x": [1, 2], "y": 0}]}),
        ('{ "return": [ ... { "node-name": "a", "x": [ ... 2 ... ], ... } ... ] }',
         {"return": [{"node-name": "a", "x": [1, 3], "y": 0}]}),
    ],
)  # fmt: skip
def test_the_log_is_as_written_if_and_only_if_the_runner_takes_the_answer(
    pattern: str, actual: Json, helpers: dict[str, Any]
) -> None:
    (item,) = parse_transcript(f"<- {pattern}\n", Place("a.md", 1)).items
    assert item.pattern is not None
    form = form_of(item.pattern)
    shape = eval(repr(form), {})  # noqa: S307 - as it stands in the test
    log = helpers["only"](shape)(json.loads(json.dumps(actual)))
    fits = not match(item.pattern, cast("Any", actual), {}).differences
    as_written = json.dumps(log, sort_keys=True) == json.dumps(
        logged(item.pattern), sort_keys=True
    )
    assert as_written is fits


def test_a_command_is_not_cut(helpers: dict[str, Any]) -> None:
    command = {"execute": "a", "arguments": {"x": 1}}
    assert helpers["only"]({"return": ..., ...: ...})(command) == command


@pytest.mark.parametrize(
    ("lines", "text", "as_written"),
    [
        (["a", "..."], "a\nb\nc\n", True),
        (["..."], "", True),
        (["...", "c"], "a\nb\nc\n\n", True),
        (["...", "b"], "a\nb\nc\n", False),
        (["size ... KiB"], "size 4 KiB\n", True),
        (["size ... KiB"], "size 4 MiB\n", False),
        (["a.c ..."], "abc d\n", False),
    ],
)
def test_lines_with_gaps_are_logged_if_they_fit(
    lines: list[str], text: str, as_written: object, helpers: dict[str, Any]
) -> None:
    helpers["text_log"](text, lines)
    assert (helpers["lines"] == ["\n".join(lines)]) is as_written


# --- under check --------------------------------------------------------------------------


def _missing(what: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI must not go without")
    pytest.skip(what)


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Check]:
    """Yield the check of QEMU's source, whose tests are a copy, with that QEMU's programs."""
    source = source_tree(SERIES)
    if not source.is_dir():
        _missing(f"no sources of QEMU {SERIES}; `make sources ARGS={SERIES}` brings them")
    try:
        build = find_build({"QEMU_BUILD": SERIES})
    except MissingError as error:
        _missing(str(error))
    tree = tmp_path_factory.mktemp("qemu")
    shutil.copytree(source / "tests/qemu-iotests", tree / "tests/qemu-iotests")
    for name in ("python", "scripts"):
        (tree / name).symlink_to(source / name)
    with open_check(tree, build) as opened:
        yield opened


LAST_STATUS = """\
<- { "event": "JOB_STATUS_CHANGE", "data": { "id": "commit0", "status": "null" } }
"""


def put(test: Iotest, check: Check) -> str:
    program = check.folder / "tests" / test.name
    program.write_text(test.program, encoding="utf-8")
    program.chmod(0o755)
    program.with_name(f"{test.name}.out").write_text(test.output, encoding="utf-8")
    return test.name


def test_check_passes_what_is_exported(check: Check) -> None:
    names = [put(exported(name), check) for name in SEVERAL]
    results, printed = check.results(names, "qcow2")
    assert results == dict.fromkeys(names, "pass"), printed


@pytest.mark.parametrize(
    ("name", "old", "new", "shown"),
    [
        (
            "jobs/commit-active",
            '"desc": "Node base is in use"',
            '"desc": "Node base is not in use"',
            '+{"error": {"class": "GenericError", "desc": "Node base is in use"}}',
        ),
        (
            "jobs/commit-active",
            '"id": "commit0", "status": "ready"',
            '"id": "commit0", "status": "waiting"',
            '+{"data": {"id": "commit0", "status": "ready"}, ',
        ),
        (
            "jobs/commit-active",
            LAST_STATUS,
            "",
            '+{"data": {"id": "commit0", "status": "null"}, ',
        ),
        (
            "jobs/commit-active",
            "backing<br>r--- / rwus",
            "backing<br>r--- / r-us",
            "+top --backing--> base: r--- / rwus",
        ),
        (
            "iotests/reopen-change",
            '"node-name": "hd1", "ro": true, ...',
            '"node-name": "hd1", "ro": false, ...',
            '+{"return": ["...", {"node-name": "hd1", "ro": true}, "..."]}',
        ),
        (
            "reconfiguration/backing-name",
            "\nbacking file: base.qcow2\n",
            "\nbacking file: other.qcow2\n",
            "+backing file: base.qcow2\n",
        ),
    ],
)
def test_check_fails_when_an_answer_is_changed(
    name: str, old: str, new: str, shown: str, check: Check
) -> None:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    results, printed = check.results([put(exported(name, change), check)], "qcow2")
    assert set(results.values()) == {"fail"}
    assert shown in printed


# --- the command line ---------------------------------------------------------------------


def test_the_command_line_writes_two_files_into_a_source_tree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    folder = tmp_path / "tests/qemu-iotests/tests"
    folder.mkdir(parents=True)
    words = ["export", "--iotest", "commit-active-start", "jobs/commit-active"]
    assert main([*words, "--release", SERIES, "--into", str(tmp_path)]) == 0
    test = exported("jobs/commit-active")
    program = folder / test.name
    assert program.read_text() == test.program
    assert os.access(program, os.X_OK)
    output = folder / f"{test.name}.out"
    assert output.read_text() == test.output
    assert capsys.readouterr().out == f"{program}\n{output}\n"


def test_the_command_line_says_what_it_cannot_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    words = ["export", "--iotest", "activation/migrate", "jobs/cancel", "--into", str(tmp_path)]
    assert main(words) == 1
    assert re.fullmatch(
        r"examples/activation/migrate\.md:\d+: [^\n]+\n", capsys.readouterr().err
    )
    assert sorted(it.name for it in tmp_path.iterdir()) == [
        "block-guide-jobs-cancel",
        "block-guide-jobs-cancel.out",
    ]


@pytest.mark.parametrize(
    ("into", "message"), [("none", "no such folder"), ("taken", "cannot be written")]
)
def test_a_folder_that_will_not_do_gets_one_line(
    into: str,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    (tmp_path / "taken/block-guide-jobs-cancel").mkdir(parents=True)
    assert main(["export", "--iotest", "jobs/cancel", "--into", str(tmp_path / into)]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1
