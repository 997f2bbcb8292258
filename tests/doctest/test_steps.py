# SPDX-License-Identifier: GPL-2.0-or-later
"""Several machines, tools at a console, the human monitor, filters."""

from collections.abc import Callable
from pathlib import Path

import pytest
from blockdoc.qemu.tools import TOOLS

Project = Callable[..., Path]

TWO = "---\nmachines:\n  src: {qemu: storage-daemon}\n  dst: {qemu: storage-daemon}\n---\n"
SYSTEM = "---\nqemu: system\n---\n"
DISK = "---\nimages:\n  disk.qcow2: 1M\n---\n"


def step(kind: str, body: str, name: str = "one", options: str = "") -> str:
    return f"```{{{kind}-example}}\n:id: {name}\n{options}\n{body}```\n"


def qmp(body: str, name: str = "one", options: str = "") -> str:
    return step("qmp", body, name, options)


def run(pytester: pytest.Pytester) -> pytest.RunResult:
    return pytester.runpytest_inprocess(
        "examples", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--no-cache"
    )


def add(node: str) -> str:
    return (
        '-> { "execute": "blockdev-add", "arguments": '
        f'{{ "driver": "null-co", "node-name": "{node}" }} }}\n<- {{ "return": {{}} }}\n'
    )


NODES = '-> { "execute": "query-named-block-nodes" }\n'


def test_each_machine_has_its_own_nodes_and_captures_are_shared(
    pytester: pytest.Pytester, project: Project
) -> None:
    here = NODES + '<- { "return": [ { "node-name": <name>, ... } ] }\n'
    there = NODES + '<- { "return": [] }\n'
    same = '-> { "execute": "blockdev-add", "arguments": { "driver": "null-co", '
    same += '"node-name": <name> } }\n<- { "return": {} }\n'
    project(
        TWO
        + qmp(add("a") + here, "one", ":vm: src\n")
        + qmp(there + same + here, "two", ":vm: dst\n")
    )
    run(pytester).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (
            TWO + qmp(add("a")),
            6,
            "this example has several machines; say `vm:`, one of src, dst",
        ),
        (TWO + qmp(add("a"), options=":vm: x\n"), 6, "vm 'x': there is no such machine; there"),
        (qmp(add("a"), options=":vm: x\n"), 1, "vm 'x': this example has one machine"),
        ("---\nmachines: {}\n---\n" + qmp(add("a")), 2, "machines: there is none"),
        ("---\nmachines: {A: {}}\n---\n" + qmp(add("a")), 2, "machine 'A': expected a lower"),
        (
            "---\nqemu: system\nmachines: {a: {}}\n---\n" + qmp(add("a")),
            2,
            "qemu: say it for each machine, under `machines`",
        ),
        ("---\ntimeout: soon\n---\n" + qmp(add("a")), 2, "timeout 'soon': expected seconds"),
        (
            qmp(add("a"), options=":events: some\n"),
            1,
            "events 'some': expected loose or strict",
        ),
        (qmp(add("a"), options=":filters: DATE\n"), 1, "filter 'DATE': there is none; there"),
        (step("console", "$ sh -c true\n"), 4, "'sh': examples do not run this; they run"),
        (step("console", "$ qemu-img 'x\n"), 4, "cannot read the command: No closing quot"),
        (step("console", "true\n"), 4, "expected a command behind `$ `"),
        (step("hmp", "(qemu) info block\n"), 4, "human-monitor-command: "),
    ],
)
def test_what_cannot_be_run_is_told_with_its_line(
    pytester: pytest.Pytester, project: Project, text: str, line: int, message: str
) -> None:
    project(text)
    result = run(pytester)
    result.stdout.fnmatch_lines([f"*examples/t/one.md:{line}: {message}*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_tool_runs_in_the_folder_of_the_example(
    pytester: pytest.Pytester, project: Project
) -> None:
    body = "$ qemu-img info disk.qcow2\nimage: disk.qcow2\n...\n"
    body += "$ qemu-img info 'no such'\nqemu-img: ...: No such file or directory\n"
    project(DISK + step("console", body + "[exit status 1]\n"))
    run(pytester).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("body", "line", "shown"),
    [
        (
            "$ qemu-img info disk.qcow2\nimage: other\n...\n",
            9,
            ["  -image: other", "  +image: d*"],
        ),
        ("$ qemu-img info disk.qcow2\n...\n[exit status 1]\n", 10, ["  -?exit status 1?"]),
        ("$ qemu-img info none\n...\n", 10, ["  +?exit status 1?"]),
    ],
)
def test_another_output_or_status_fails_at_its_line(
    pytester: pytest.Pytester, project: Project, body: str, line: int, shown: list[str]
) -> None:
    project(DISK + step("console", body))
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [f"examples/t/one.md:{line}: another answer to `qemu-img info*"]
    )
    for each in shown:
        result.stdout.fnmatch_lines([each])


def test_the_human_monitor_answers(pytester: pytest.Pytester, project: Project) -> None:
    node = qmp(add("a"), "node")
    good = "(qemu) info block -n\na: ...\n...\n"
    project(SYSTEM + node + step("hmp", good, "good") + step("hmp", "(qemu) info jobs\nx\n"))
    result = run(pytester)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*: another answer to `info jobs`"])


def test_a_tool_that_takes_too_long_is_ended(
    pytester: pytest.Pytester, project: Project
) -> None:
    body = '$ qemu-io -c "sleep 100000" disk.qcow2\n'
    project(DISK + step("console", body, options=":timeout: 0.5\n"))
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*:9: the command did not end within 0.5 s (`:timeout:`), in step one"]
    )


def test_an_example_has_a_limit_of_its_own(pytester: pytest.Pytester, project: Project) -> None:
    event = '<- { "event": "STOP", ... }\n'
    project("---\ntimeout: 0.7\n---\n" + qmp(add("a") + event))
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*:9: the event STOP did not come before the 0.7 s of the whole example were over*"]
    )


def test_filters_replace_what_differs_and_a_failure_shows_what_they_did(
    pytester: pytest.Pytester, project: Project
) -> None:
    unnamed = '-> { "execute": "blockdev-add", "arguments": { "driver": "raw", '
    unnamed += '"node-name": "r", "file": { "driver": "null-co" } } }\n<- { "return": {} }\n'
    nodes = NODES + '<- { "return": [ { "node-name": "r", ... }, '
    good, bad = ('{ "node-name": "NODE_NAME", ... } ] }\n', '{ "node-name": "x", ... } ] }\n')
    options = ":filters: NODE_NAME\n"
    project(qmp(unnamed + nodes + good, "one", options) + qmp(nodes + bad, "two", options))
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["  filter NODE_NAME replaced '#block*' by 'NODE_NAME'*"])


def test_filters_know_offsets_and_the_speed_of_qemu_io(
    pytester: pytest.Pytester, project: Project
) -> None:
    body = '$ qemu-io -c "write 0 64k" disk.qcow2\nwrote 65536/65536 bytes at offset OFFSET\n'
    body += "64 KiB, X ops; XX:XX:XX.X (XXX YYY/sec and XXX ops/sec)\n"
    body += "$ qemu-img map --output=json disk.qcow2\n"
    body += '[{ "start": 0, ... "offset": OFFSET},\n...\n'
    project(DISK + step("console", body, options=":filters: QEMU_IO OFFSET\n"))
    run(pytester).assert_outcomes(passed=1)


def test_strict_events_allow_no_unwritten_one(
    pytester: pytest.Pytester, project: Project
) -> None:
    cont = '-> { "execute": "cont" }\n<- { "return": {} }\n'
    project(SYSTEM + qmp(cont) + qmp(cont.replace("cont", "stop"), "two", ":events: strict\n"))
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*: events arrived before this line and are not written:", "  <- STOP *"]
    )


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", {"skipped": 2}), ("1", {"failed": 1, "skipped": 1})]
)
def test_a_tool_that_is_not_installed_skips_and_in_ci_fails(
    pytester: pytest.Pytester,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    ci: str,
    outcome: dict[str, int],
) -> None:
    monkeypatch.setitem(TOOLS, "nbdnothing", "libnbd")
    monkeypatch.setenv("CI", ci)
    project(step("console", "$ nbdnothing\n") + qmp(add("a"), "two"))
    result = run(pytester)
    result.assert_outcomes(**outcome)
    if ci:
        result.stdout.fnmatch_lines(
            ["examples/t/one.md:4: no nbdnothing: install libnbd's tools*"]
        )


def test_an_event_of_a_former_job_is_not_taken_for_one_of_the_next(
    pytester: pytest.Pytester, project: Project
) -> None:
    start = '-> { "execute": "blockdev-backup", "arguments": { "job-id": "j", "device": "a", '
    start += '"target": "b", "sync": "full", "speed": SPEED } }\n<- { "return": {} }\n'
    states = "".join(
        f'<- {{ "event": "JOB_STATUS_CHANGE", "data": {{ "id": "j", "status": "{it}" }} }}\n'
        for it in ("created", "running", "null")
    )
    done = '<- { "event": "BLOCK_JOB_COMPLETED", ... }\n'
    nodes = (add("a") + add("b")).replace('"null-co",', '"null-co", "size": 8388608,')
    first = qmp(nodes + start.replace("SPEED", "0") + states, options=":events: loose\n")
    begun = "".join(states.splitlines(keepends=True)[:2])
    second = start.replace("SPEED", "1") + begun + done
    project(first + qmp(second, "two", ":timeout: 0.5\n"))
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*: the event BLOCK_JOB_COMPLETED did not come within 0.5 s*"])
