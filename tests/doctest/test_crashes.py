# SPDX-License-Identifier: GPL-2.0-or-later
"""A real QEMU that crashes: the failure says how, why, where and in which step."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from blockdoc.cli import main
from blockdoc.doctest.run import ExampleRun
from blockdoc.example import parse_example
from blockdoc.qemu import Session, find_build

Project = Callable[..., Path]

#: QEMU 7.2 to 11.1 abort when a node is opened anew past the filter of a running commit.
#: What answers with an error instead has been mended, and cannot be tested with this.
REOPEN = """\
---
title: Past the filter of a commit
images:
  base.qcow2: 1M
  mid.qcow2: {backing: base.qcow2}
  top.qcow2: {backing: mid.qcow2}
---

```{qmp-example}
:id: crash-open
:events: loose

-> { "execute": "blockdev-add",
     "arguments": { "driver": "qcow2", "node-name": "base",
                    "file": { "driver": "file", "filename": "base.qcow2" } } }
<- { "return": {} }
-> { "execute": "blockdev-add",
     "arguments": { "driver": "qcow2", "node-name": "mid", "backing": "base",
                    "file": { "driver": "file", "filename": "mid.qcow2" } } }
<- { "return": {} }
-> { "execute": "blockdev-add",
     "arguments": { "driver": "qcow2", "node-name": "top", "backing": "mid",
                    "file": { "driver": "file", "node-name": "top-file",
                              "filename": "top.qcow2" } } }
<- { "return": {} }
-> { "execute": "block-commit",
     "arguments": { "job-id": "commit0", "device": "top", "top-node": "mid",
                    "base-node": "base", "filter-node-name": "commit",
                    "auto-finalize": false } }
<- { "return": {} }
```

```{qmp-example}
:id: crash-reopen
:events: loose

-> { "execute": "blockdev-reopen",
     "arguments": { "options": [ { "driver": "qcow2", "node-name": "top",
                                   "file": "top-file", "backing": "mid" } ] } }
<- { "return": {} }
```
"""
ABORTED = (
    "examples/t/one.md:*: QEMU aborted (SIGABRT): *block.c:*: bdrv_*: Assertion `*' failed."
)
WAITED = "  while waiting for the reply to blockdev-reopen, in step crash-reopen"

TWO = """\
---
machines:
  src: {qemu: storage-daemon, args: ["--object", "iothread,id=source"]}
  dst: {qemu: storage-daemon}
---

```{qmp-example}
:id: two-src
:vm: src

-> { "execute": "query-jobs" }
<- { "return": [] }
```

```{qmp-example}
:id: two-dst
:vm: dst

-> { "execute": "query-jobs" }
<- { "return": [] }
```
"""


def lines_of(pytester: pytest.Pytester) -> pytest.LineMatcher:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--no-cache"]
    done = subprocess.run(
        [*command, "examples"],
        cwd=pytester.path,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return pytest.LineMatcher(done.stdout.splitlines())


def skip_if(*, mended: bool) -> None:
    if mended:
        pytest.skip("this QEMU does not crash here")


def test_a_crash_is_told_with_its_signal_assertion_and_step(
    pytester: pytest.Pytester, project: Project
) -> None:
    project(REOPEN)
    told = lines_of(pytester)
    skip_if(mended="2 passed" in told.str() or 'member "error"' in told.str())
    told.fnmatch_lines(["_* crash-reopen _*", ABORTED, "  qemu: *Assertion `*", WAITED])


def ending(how: str) -> str:
    """Return the example with its end written down, and no reply for the last command."""
    head, _, last = REOPEN.rpartition(":events: loose\n")
    silent = last.replace('<- { "return": {} }\n', "")
    return f"{head}:events: loose\n:ends: {how}\n{silent}"


def test_a_step_may_show_how_qemu_ends(pytester: pytest.Pytester, project: Project) -> None:
    project(ending('"aborted (SIGABRT): ...: Assertion ... failed."'))
    told = lines_of(pytester)
    skip_if(mended="QEMU's end did not come" in told.str())
    told.fnmatch_lines(["*2 passed*"])


def test_another_end_than_the_written_one_is_a_failure(
    pytester: pytest.Pytester, project: Project
) -> None:
    project(ending("crashed (SIGSEGV)"))
    told = lines_of(pytester)
    skip_if(mended="QEMU's end did not come" in told.str())
    told.fnmatch_lines([ABORTED, "  but `:ends:` says: crashed (SIGSEGV)", "*1 passed*"])


def test_a_step_that_should_end_qemu_fails_when_it_goes_on(
    pytester: pytest.Pytester, project: Project
) -> None:
    project(TWO.replace(":vm: src\n", ":vm: src\n:ends: crashed (SIGSEGV)\n:timeout: 1\n"))
    told = lines_of(pytester)
    told.fnmatch_lines(["*QEMU's end did not come within 1 s*"])


def test_record_leaves_a_step_that_ends_qemu(
    pytester: pytest.Pytester, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = ending('"aborted (SIGABRT): ...: Assertion ... failed."')
    path = project(text)
    monkeypatch.chdir(pytester.path)
    skip_if(mended=main(["record", str(path)]) != 0)
    assert path.read_text() == text


def test_record_tells_a_crash_too_and_writes_nothing(
    pytester: pytest.Pytester,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = project(REOPEN)
    monkeypatch.chdir(pytester.path)
    status = main(["record", str(path)])
    skip_if(mended=status == 0)
    told = capsys.readouterr().err
    pytest.LineMatcher(told.splitlines()).fnmatch_lines([ABORTED])
    assert path.read_text() == REOPEN


def test_of_several_machines_the_one_that_crashed_is_named(
    pytester: pytest.Pytester, project: Project, failing: Callable[..., None]
) -> None:
    failing(b"quit", 'os.kill(os.getpid(), 11 if "iothread,id=source" in sys.argv else 0)')
    project(TWO)
    told = lines_of(pytester)
    told.fnmatch_lines(
        ["examples/t/one.md:15: src: QEMU crashed (SIGSEGV)", "  noticed when *"]
    )
    told.no_fnmatch_line("*dst: QEMU*")


def test_who_is_interrupted_does_not_wait_for_qemu_to_quit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Session] = []

    async def close(session: Session) -> None:
        asked.append(session)
        await session.kill()

    async def interrupted() -> None:
        example = parse_example(TWO.replace("<- ", '<- { "event": "STOP" }\n<- ', 1), "x.md")
        async with ExampleRun(example, find_build()) as run:
            cut = asyncio.create_task(run.run_to(example.steps[0]))
            await asyncio.wait({cut}, timeout=0.5)
            cut.cancel()
            await asyncio.wait({cut})
            assert cut.cancelled()

    monkeypatch.setattr(Session, "close", close)
    asyncio.run(interrupted())
    assert not asked
