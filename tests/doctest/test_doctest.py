# SPDX-License-Identifier: GPL-2.0-or-later
"""What `make doctest` says when an example holds, and when it does not."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Project = Callable[..., Path]

ADD = """\
-> { "execute": "blockdev-add",
     "arguments": { "driver": "null-co", "node-name": "a", "size": 1048576,
                    "read-zeroes": true } }
<- { "return": {} }
"""
CREATE = """\
-> { "execute": "blockdev-create",
     "arguments": { "job-id": "c", "options":
       { "driver": "file", "filename": "x", "size": 0 } } }
<- { "return": {} }
<- { "event": "JOB_STATUS_CHANGE", "data": { "id": "c", "status": "created" } }
<- { "event": "JOB_STATUS_CHANGE", "data": { "id": "c", "status": "running" } }
<- { "event": "JOB_STATUS_CHANGE", "data": { "id": "c", "status": "waiting" } }
<- { "event": "JOB_STATUS_CHANGE", "data": { "id": "c", "status": "pending" } }
<- { "event": "JOB_STATUS_CHANGE", "data": { "id": "c", "status": "concluded" } }
"""
GRAPH = """\
flowchart TD
"""


def step(body: str, name: str = "one", options: str = "") -> str:
    return f"```{{qmp-example}}\n:id: {name}\n{options}\n{body}```\n"


def graph(body: str, name: str = "drawn") -> str:
    return f"```mermaid\n---\nid: {name}\n---\n{body}```\n"


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run the examples, in a process of their own only if xdist takes part.

    Without hypothesis, whose summary takes longer than all the rest.
    """
    quick = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--no-cache")
    start = pytester.runpytest_subprocess if "-n" in arguments else pytester.runpytest_inprocess
    return start("examples", *quick, *arguments)


def test_an_example_that_holds_passes_with_the_ids_of_its_steps(
    pytester: pytest.Pytester, project: Project
) -> None:
    project(step(ADD) + step(CREATE, "two"))
    result = run(pytester, "-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["examples/t/one.md::one PASSED*", "examples/t/one.md::two PASSED*"]
    )
    result.stdout.fnmatch_lines(["QEMU *", "*slowest examples*", "*s  examples/t/one.md"])


def test_files_stay_together_under_xdist(pytester: pytest.Pytester, project: Project) -> None:
    for number in range(4):
        name = f"s{number}"
        query = '-> { "execute": "query-named-block-nodes" }\n<- { "return": [ { ... } ] }\n'
        project(step(ADD, f"{name}-a") + step(query, f"{name}-b"), f"t/{name}")
    run(pytester, "-n", "2", "--dist", "loadfile").assert_outcomes(passed=8)


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ('"return": {"a": 1}', "/return"),
        ('"error": {}', '/: member "error"'),
    ],
)
def test_another_reply_fails_at_its_line_with_a_diff(
    pytester: pytest.Pytester, project: Project, new: str, message: str
) -> None:
    project(step(ADD.replace('"return": {}', new)) + step(CREATE, "two"))
    result = run(pytester)
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            f"examples/t/one.md:7: {message}*",
            "  --- the example says",
            "  +++ QEMU says",
            "  -<- *",
            '  +<- { "return": {} }',
            "accept it: make record ARGS=examples/t/one.md",
        ]
    )


def test_a_failure_shows_what_qemu_printed(pytester: pytest.Pytester, project: Project) -> None:
    trace = "---\nqemu: storage-daemon\nargs: [--trace, 'qmp_*', --trace, 'job_*']\n---\n"
    project(trace + step(CREATE.replace('"waiting"', '"ready"')))
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["  qemu: *job_state_transition*"])


def test_a_status_that_nobody_wrote_fails(pytester: pytest.Pytester, project: Project) -> None:
    lines = CREATE.splitlines(keepends=True)
    project(step("".join(line for line in lines if '"waiting"' not in line)))
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["examples/t/one.md:10: *", '*+*"waiting"*'])


def test_a_last_status_that_nobody_wrote_fails(
    pytester: pytest.Pytester, project: Project
) -> None:
    lines = CREATE.splitlines(keepends=True)
    project(step("".join(line for line in lines[:-1])) + step(ADD, "two"))
    result = run(pytester)
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(["*JOB_STATUS_CHANGE c concluded"])


def test_loose_events_allow_unwritten_ones(pytester: pytest.Pytester, project: Project) -> None:
    lines = CREATE.splitlines(keepends=True)
    text = "".join(line for line in lines if '"waiting"' not in line)
    project(step(text, options=":events: loose\n"))
    run(pytester).assert_outcomes(passed=1)


def test_an_event_that_does_not_come_fails_in_time(
    pytester: pytest.Pytester, project: Project
) -> None:
    event = '<- { "event": "JOB_STATUS_CHANGE", "data": { "id": "c", "status": "null" } }\n'
    project(step(CREATE + event, options=":timeout: 0.5\n"))
    began = time.monotonic()
    result = run(pytester)
    assert time.monotonic() - began < 60
    result.assert_outcomes(failed=1)
    waited = "the event JOB_STATUS_CHANGE c null did not come within 0.5 s (`:timeout:`)"
    result.stdout.fnmatch_lines([f"examples/t/one.md:14: {waited}, in step one"])


def test_two_commands_in_a_row_are_sent_without_waiting(
    pytester: pytest.Pytester, project: Project
) -> None:
    text = (
        '-> { "execute": "query-version" }\n-> { "execute": "query-block-jobs" }\n'
        '<- { "return": { ... } }\n<- { "return": [] }\n'
    )
    project(step(text))
    run(pytester).assert_outcomes(passed=1)


def test_a_capture_holds_over_steps(pytester: pytest.Pytester, project: Project) -> None:
    query = '-> { "execute": "query-version" }\n<- { "return": <all> }\n'
    other = '-> { "execute": "query-block-jobs" }\n<- { "return": <all> }\n'
    project(step(query) + step(query, "two") + step(other, "three"))
    run(pytester).assert_outcomes(passed=2, failed=1)


def test_a_selected_step_runs_those_before_it(
    pytester: pytest.Pytester, project: Project
) -> None:
    query = '-> { "execute": "query-named-block-nodes" }\n<- { "return": [ { ... } ] }\n'
    project(step(ADD) + step(query, "two"))
    run(pytester, "-k", "two").assert_outcomes(passed=1, deselected=1)


def test_alternatives_follow_the_release(pytester: pytest.Pytester, project: Project) -> None:
    old = step(ADD.replace("{}", '{"wrong": 1}'), options=":when: qemu < 3.0\n")
    project(old + step(ADD, options=":when: qemu >= 3.0\n"))
    run(pytester).assert_outcomes(passed=1)


def test_what_a_release_does_not_have_is_skipped(
    pytester: pytest.Pytester, project: Project
) -> None:
    project("---\nrequires: qemu >= 999.0\n---\n" + step(ADD))
    result = run(pytester, "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*requires qemu >= 999.0; this is QEMU*"])


def test_an_edge_changed_in_a_graph_fails(pytester: pytest.Pytester, project: Project) -> None:
    path = project(step(ADD) + graph(""))
    subprocess.run(
        [sys.executable, "-m", "blockdoc.cli", "record", "examples"],
        cwd=pytester.path,
        check=True,
    )
    run(pytester).assert_outcomes(passed=2)
    steps, fence, drawn = path.read_text().partition("```mermaid")
    path.write_text(steps + fence + drawn.replace("null-co", "null-aio"))
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["examples/t/one.md:*", "*the example says node null-aio", "  --- the example says"]
    )


def test_an_empty_graph_fence_asks_to_be_recorded(
    pytester: pytest.Pytester, project: Project
) -> None:
    project(step(ADD) + graph(""))
    result = run(pytester)
    result.stdout.fnmatch_lines(["examples/t/one.md:*`make record` draws it*"])


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (step("-> { \n"), 4, ""),
        (step('-> { "execute": "quit" }\n'), 4, "no reply is written"),
        (step('<- { "return": {} }\n'), 4, "no command above it"),
        (step('-> { "run": 1 }\n<- { ... }\n'), 4, "expected a command"),
        (step(ADD, options=":timeout: soon\n"), 1, "expected seconds"),
        (step(ADD, options=":events: few\n"), 1, "expected loose"),
        ("---\nimages:\n  a.qcow2: 1M\n  b.vmdx: 1M\n---\n" + step(ADD), 4, "cannot be made"),
        (
            "---\nimages:\n  a.raw: {size: 1M, data: [abort]}\n---\n" + step(ADD),
            3,
            "image a.raw cannot be made: its program aborted (SIGABRT)",
        ),
        ("---\nargs: [--nonsense]\n---\n" + step(ADD), 2, "QEMU does not start"),
        ("# nothing\n", 1, "no step"),
    ],
)
def test_bad_input_gives_one_clear_message_and_the_others_go_on(
    pytester: pytest.Pytester, project: Project, text: str, line: int, message: str
) -> None:
    project(step(ADD, "good"), "t/good")
    project(text, "t/bad")
    result = run(pytester, "--continue-on-collection-errors")
    result.stdout.fnmatch_lines([f"*examples/t/bad.md:{line}: *{message}*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    assert result.parseoutcomes()["passed"] == 1


def test_an_id_that_two_files_have_is_refused(
    pytester: pytest.Pytester, project: Project
) -> None:
    project(step(ADD), "t/a")
    project(step(ADD), "t/b")
    result = run(pytester)
    assert result.ret == 2
    result.stdout.fnmatch_lines(
        ["examples/t/b.md:1: id 'one' is already that of examples/t/a.md:1; choose another"]
    )


def test_to_workers_too_such_an_id_is_one_message(
    pytester: pytest.Pytester, project: Project
) -> None:
    project(step(ADD), "t/a")
    project(step(ADD), "t/b")
    result = run(pytester, "-n", "2", "--dist", "loadfile")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["examples/t/b.md:1: id 'one' is already that of examples/t/a.md:1; choose another"]
    )
    result.stdout.no_fnmatch_line("*crashed*")


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("time.sleep(100)", "QEMU did not end within 10 s, and was killed"),
        ("os._exit(3)", "QEMU ended, with exit status 3"),
        ("os.abort()", "QEMU aborted (SIGABRT)"),
    ],
)
def test_a_qemu_that_does_not_quit_as_it_should_is_told_once(
    pytester: pytest.Pytester,
    project: Project,
    failing: Callable[..., None],
    action: str,
    message: str,
) -> None:
    failing(b'"quit"', action)
    project(step(ADD))
    result = run(pytester)
    result.assert_outcomes(passed=1, errors=1)
    # pytest's summary names it again, cut or not.
    told = [line for line in result.outlines if line.startswith("examples/t/one.md:")]
    assert told == [f"examples/t/one.md:1: {message}"]


def test_a_qemu_that_does_not_tell_its_graph_is_told(
    pytester: pytest.Pytester, project: Project, failing: Callable[..., None]
) -> None:
    failing(b"block-graph", "time.sleep(100)")
    slow = graph(GRAPH).replace("id: drawn\n", "id: drawn\ntimeout: 1\n")
    project(step(ADD) + slow + step(ADD, "three"))
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        ["examples/t/one.md:9: QEMU did not tell its graph within 1 s*"]
    )


def test_the_last_words_of_a_qemu_that_says_much_are_short(
    pytester: pytest.Pytester, project: Project, failing: Callable[..., None]
) -> None:
    failing(b"blockdev-add", 'os.write(2, b"x" * 100_000 + b" the end"); os.abort()')
    project(step(ADD))
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["  qemu: x*x the end"])
    assert len(result.stdout.str()) < 20_000


def test_a_missing_qemu_is_one_line(
    pytester: pytest.Pytester, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(step(ADD))
    monkeypatch.setenv("QEMU_BUILD", "/nowhere")
    result = run(pytester)
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*QEMU_BUILD=/nowhere: no such folder*"])


def test_a_qemu_that_ends_in_the_middle_is_told(
    pytester: pytest.Pytester, project: Project
) -> None:
    project(step('-> { "execute": "quit" }\n<- { "return": {} }\n') + step(ADD, "two"))
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["examples/t/one.md:*QEMU ended*"])


def processes() -> dict[int, tuple[int, bool]]:
    """Return the parent of every process there is, and whether it is a QEMU with a monitor.

    One that only tells its version does not stay, and of one that has ended no words are left.
    """
    found = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines())
            is_qemu = "qemu" in fields["Name"]
            monitor = "id=blockdoc-qmp" in status.with_name("cmdline").read_text()
            found[int(fields["Pid"])] = int(fields["PPid"]), is_qemu and monitor
    return found


def qemu_below(pid: int) -> list[int]:
    known = processes()
    below = [child for child, (parent, _) in known.items() if parent == pid]
    deeper = [grandchild for child in below for grandchild in qemu_below(child)]
    return [child for child in below if known[child][1]] + deeper


def wait_for(condition: Callable[[], object]) -> object:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError("it did not happen within 60 s")


HANG = step(
    ADD + '-> { "execute": "query-version" }\n<- { "return": { ... } }\n'
    '<- { "event": "NEVER" }\n',
    options=":timeout: 60\n",
)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_no_qemu_outlives_a_killed_runner(
    pytester: pytest.Pytester, project: Project, workers: str
) -> None:
    project(HANG)
    command = [sys.executable, "-m", "pytest", "examples", "-n", workers, "--dist", "loadfile"]
    with subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.DEVNULL) as runner:
        found = wait_for(lambda: qemu_below(runner.pid))
        runner.kill()
    assert isinstance(found, list)
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in found))


def test_a_qemu_that_hangs_is_ended_and_told(
    pytester: pytest.Pytester, project: Project
) -> None:
    project(HANG.replace("60", "3") + step(ADD, "two"))
    command = [sys.executable, "-m", "pytest", "examples"]
    with subprocess.Popen(
        command, cwd=pytester.path, stdout=subprocess.PIPE, text=True
    ) as runner:
        found = wait_for(lambda: qemu_below(runner.pid))
        assert isinstance(found, list)
        os.kill(found[0], signal.SIGSTOP)
        output, _ = runner.communicate(timeout=60)
    assert "did not come within 3 s" in output
    assert "1 failed, 1 skipped" in output
    assert not Path(f"/proc/{found[0]}").exists()
