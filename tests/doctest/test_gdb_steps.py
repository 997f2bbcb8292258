# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps that look with gdb: what they may say, and what becomes of them where."""

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from blockdoc.doctest.record import record
from blockdoc.doctest.verdicts import LEFT_OUT, Judged, Verdict
from blockdoc.errors import AuthorError, MissingError, Place
from blockdoc.qemu import find_build
from blockdoc.qemu.debugger import Debugger, check_command, why_no_debugger
from blockdoc.transcript import DEBUGGER, without_dialogue, without_transcript

Project = Callable[..., Path]
HERE = Place("page.md", 1)
SLOW = """-> { "execute": "blockdev-add",
     "arguments": { "driver": "null-co", "node-name": "slow", "size": 65536,
                    "latency-ns": 2000000000 } }
<- { "return": {} }
-> { "execute": "blockdev-add",
     "arguments": { "driver": "null-co", "node-name": "target", "size": 65536 } }
<- { "return": {} }
-> { "execute": "blockdev-backup",
     "arguments": { "job-id": "j", "device": "slow", "target": "target", "sync": "full" } }
<- { "return": {} }
"""
DRAIN = '-> { "execute": "transaction", "arguments": { "actions": [] } }\n'
DONE = '<- { "return": {} }\n'
COUNTER = "print graph_bdrv_states.tqh_first->quiesce_counter"
ADD = (
    '-> { "execute": "blockdev-add", "arguments": '
    '{ "driver": "null-co", "node-name": "n", "size": 512 } }\n'
)
NODES = '-> { "execute": "query-named-block-nodes" }\n<- { "return": [ { ... } ] }\n'


def step(kind: str, body: str, name: str, options: str = "") -> str:
    loose = ":events: loose\n" if kind != "console" else ""
    return f"```{{{kind}-example}}\n:id: {name}\n{loose}{options}\n{body}```\n"


def run(pytester: pytest.Pytester, *words: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess(
        *("examples", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--no-cache"),
        *("-rs", *words),
    )


@pytest.fixture
def dwarf(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let examples run on a build with debugging information."""
    build = os.environ.get("QEMU_DWARF")
    if not build or not shutil.which("gdb"):
        pytest.skip("no QEMU with debugging information, or no gdb; QEMU_DWARF=DIR")
    monkeypatch.setenv("QEMU_BUILD", build)
    return Path(build)


@pytest.fixture
def stripped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let examples run on a build of which gdb knows nothing."""
    monkeypatch.delenv("QEMU_BUILD", raising=False)
    if not why_no_debugger(find_build().command("qemu-storage-daemon")):
        pytest.skip("the QEMU on PATH has debugging information")


@pytest.mark.parametrize(
    "command",
    [
        *("qemu-block why", "qemu-block bt all", "qemu-block chain top", "bt", "bt -full 3"),
        *("info locals", "frame function bdrv_poll_co", "up 2", "thread apply all bt"),
        *("print a->b == 1", "print/x *bs", "p bs->in_flight >= 1", "x/4x bs"),
    ],
)
def test_what_only_looks_may_be_said(command: str) -> None:
    check_command(command.strip(), HERE)


@pytest.mark.parametrize(
    "command",
    [
        *("shell ls", "!ls", "python 1", "pipe bt | tee x", "source x", "call abort()"),
        *('print $_shell("ls")', "print x = 1", "print x += 1", "print x++", "set var x = 1"),
        *("thread apply all shell ls", "qemu-block graph /etc/x", "qemu-block report ../x"),
        *("kill", "detach", "run", "dump memory x 0 1", "bt | tee x", "continue", "quit"),
    ],
)
def test_what_does_more_is_refused(command: str) -> None:
    with pytest.raises(AuthorError, match="a step only looks"):
        check_command(command, HERE)


def test_a_fence_is_cut_in_two_and_offsets_stay() -> None:
    text = f"{DRAIN}(gdb) qemu-block why\nprinted\n...\n{DONE}"
    said, typed = without_dialogue(text, DEBUGGER), without_transcript(text, DEBUGGER)
    assert len(said) == len(typed) == len(text)
    assert said.split() == f"{DRAIN}{DONE}".split()
    assert typed.strip() == "(gdb) qemu-block why\nprinted\n..."
    assert text.index(DONE) == said.index(DONE)


@pytest.mark.usefixtures("stripped")
def test_without_gdb_the_conversation_is_held(
    pytester: pytest.Pytester, project: Project
) -> None:
    look = step("gdb", f"{ADD}(gdb) {COUNTER}\n$1 = 77\n{DONE}", "look")
    project(look + step("qmp", NODES, "nodes"))
    result = run(pytester)
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines([f"*{LEFT_OUT}: *(DWARF)*"])


@pytest.mark.usefixtures("stripped")
def test_without_gdb_a_wrong_answer_is_still_wrong(
    pytester: pytest.Pytester, project: Project
) -> None:
    project(step("gdb", f'{ADD}(gdb) {COUNTER}\n$1 = 0\n<- {{ "return": [] }}\n', "look"))
    run(pytester).assert_outcomes(failed=1)


def test_such_a_step_does_not_speak_for_its_example() -> None:
    left = Verdict("skipped", f"{LEFT_OUT}: no DWARF")
    passed, other = Verdict("passed"), Verdict("skipped", "no nbdinfo")
    assert Judged("", {"7.2": {"a": passed, "b": left}}).outcome("7.2") == passed
    assert Judged("", {"7.2": {"a": other, "b": left}}).outcome("7.2") == other
    assert Judged("", {"7.2": {"b": left}}).outcome("7.2") == left


@pytest.mark.usefixtures("dwarf")
def test_gdb_looks_while_a_command_hangs(pytester: pytest.Pytester, project: Project) -> None:
    why = "Thread 1 begins a drained section of all nodes ...\n...\n"
    hung = f"{DRAIN}(gdb) qemu-block why\n{why}(gdb) {COUNTER}\n$1 = 1\n{DONE}"
    free = f"(gdb) {COUNTER}\n$1 = 0\n"
    project(step("qmp", SLOW, "slow") + step("gdb", hung, "hung") + step("gdb", free, "free"))
    run(pytester).assert_outcomes(passed=3)


@pytest.mark.usefixtures("dwarf")
def test_what_else_gdb_prints_fails_at_its_line(
    pytester: pytest.Pytester, project: Project
) -> None:
    hung = f"{DRAIN}(gdb) {COUNTER}\n$1 = 7\n{DONE}"
    project(step("qmp", SLOW, "slow") + step("gdb", hung, "hung"))
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*one.md:*another answer to*", "*-$1 = 7*", "*+$1 = 1*"])


@pytest.mark.usefixtures("dwarf")
def test_a_core_file_is_made_where_it_is_asked_for(
    pytester: pytest.Pytester, project: Project
) -> None:
    look = "(gdb) qemu-block bt\n...\n#0   block_copy_task_entry ...\n...\n"
    backup = SLOW[SLOW.rindex("->") :].removesuffix(DONE)
    project(
        step("qmp", SLOW[: SLOW.rindex("->")], "nodes")
        + step("gdb", f"{backup}{look}{DONE}", "core", ":at: block_copy_task_entry\n")
    )
    run(pytester).assert_outcomes(passed=2)


@pytest.mark.usefixtures("dwarf")
def test_a_function_that_is_not_entered_costs_the_limit_and_no_more(
    pytester: pytest.Pytester, project: Project
) -> None:
    look = step("gdb", "(gdb) bt\n...\n", "core", ":at: qmp_block_stream\n:timeout: 3\n")
    project(step("qmp", NODES.replace("{ ... }", ""), "none") + look)
    started = time.monotonic()
    result = run(pytester)
    assert time.monotonic() - started < 15
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*gdb did not look within 3 s*"])


@pytest.mark.usefixtures("dwarf")
def test_what_gdb_printed_is_recorded() -> None:
    first = COUNTER.removesuffix("->quiesce_counter")
    text = "# One\n\n" + step("gdb", f"(gdb) {first}\n", "one")
    recorded = asyncio.run(record(text, "examples/one.md", find_build())).new
    assert "$1 = (struct BlockDriverState *) 0x0\n```" in recorded


@pytest.fixture
def daemon(dwarf: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a daemon that does nothing."""
    program = dwarf / "storage-daemon" / "qemu-storage-daemon"
    words = [str(program), "--chardev", "null,id=m", "--monitor", "chardev=m"]
    with subprocess.Popen(words) as process:
        yield process
        process.kill()


def test_gdb_itself_neither_writes_nor_calls(
    dwarf: Path, daemon: "subprocess.Popen[bytes]"
) -> None:
    program = dwarf / "storage-daemon" / "qemu-storage-daemon"
    debugger = Debugger(program, daemon.pid, HERE)
    commands = ["print has_writer = 1", "print qemu_get_thread_id()", "print $rip = 0"]
    told = asyncio.run(debugger.look([*commands, "print has_writer"]))
    assert "not allowed" in told[0] or "not permitted" in told[0]
    assert "may-call-functions is off" in told[1]
    assert "not allowed" in told[2] or "not permitted" in told[2]
    assert told[3].endswith("= 0\n")
    assert daemon.poll() is None


def test_one_line_says_why_gdb_cannot_look(dwarf: Path, tmp_path: Path) -> None:
    program = dwarf / "storage-daemon" / "qemu-storage-daemon"
    core = tmp_path / "core"
    core.write_bytes(b"no core file")
    with pytest.raises(MissingError, match=r"gdb cannot look at QEMU: .+") as told:
        asyncio.run(Debugger(program, os.getpid(), HERE).look(["bt"], core))
    assert "\n" not in told.value.message
