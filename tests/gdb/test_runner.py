# SPDX-License-Identifier: GPL-2.0-or-later
"""An example whose QEMU crashes or hangs: its failure stays, and has a crash report."""

import asyncio
import os
import re
import signal
from pathlib import Path

import pytest
from blockdoc.doctest import crash
from blockdoc.doctest.run import ExampleRun
from blockdoc.errors import BlockdocError, Place
from blockdoc.example import parse_example
from blockdoc.qemu import Build, find_build

EXAMPLE = """\
---
title: A read that takes an hour
---

# A read that takes an hour

```{qmp-example}
:id: add

-> { "execute": "blockdev-add",
     "arguments": { "driver": "null-co", "node-name": "null", "size": 1048576 } }
<- { "return": {} }
```

```{qmp-example}
:id: wait
:timeout: 2

-> { "execute": "query-jobs" }
<- { "return": [] }
<- { "event": "JOB_STATUS_CHANGE", "data": { "id": "none", "status": "ready" } }
```

```{qmp-example}
:id: other

-> { "execute": "query-jobs" }
<- { "return": [ {} ] }
```
"""


@pytest.fixture
def build(program: Path) -> Build:
    """Return the build that has debugging information."""
    return find_build({"QEMU_BUILD": str(program.parents[1])})


def _fails(build: Build, folder: Path, step: str, act: signal.Signals | None = None) -> str:
    """Run to a step; return its failure.  `act` is sent to QEMU before it."""
    example = parse_example(EXAMPLE, "examples/t/one.md")

    async def run() -> str:
        async with ExampleRun(example, build, reports=folder) as running:
            await running.run_to(example.steps[0])
            if act is not None:
                (session,) = running.machines._started.values()  # noqa: SLF001
                (target,) = crash._alive(session.session.pid, build)  # noqa: SLF001
                os.kill(target.pid, act)
            last = next(it for it in example.steps if it.id == step)
            if step == "other":
                running._done = 2  # noqa: SLF001 - the one between takes too long
            with pytest.raises(BlockdocError) as caught:
                await running.run_to(last)
            return str(caught.value)

    return asyncio.run(run())


def _report(said: str) -> str:
    match = re.search(r"^  crash report: (.*)$", said, re.MULTILINE)
    assert match, said
    return Path(match[1]).read_text()


def test_a_hang_has_a_report_of_the_process(build: Build, tmp_path: Path):
    said = _fails(build, tmp_path, "wait")
    assert said.startswith("examples/t/one.md:22: JOB_STATUS_CHANGE") or "did not come" in said
    page = _report(said)
    assert "main_loop_wait" in page
    assert "null-co" in page


@pytest.mark.usefixtures("cores")
def test_a_crash_has_a_report_of_the_core_file(build: Build, tmp_path: Path):
    said = _fails(build, tmp_path, "wait", signal.SIGABRT)
    assert "QEMU aborted (SIGABRT)" in said
    page = _report(said)
    assert "SIGABRT" in page
    assert "null-co" in page


def test_another_answer_has_none(build: Build, tmp_path: Path):
    said = _fails(build, tmp_path, "other")
    assert "crash report" not in said
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("cores")
def test_a_report_that_cannot_be_made_hides_nothing(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(crash, "LIMIT", 0.01)
    said = _fails(build, tmp_path, "wait", signal.SIGABRT)
    assert "QEMU aborted (SIGABRT)" in said
    assert "no crash report: " in said
    assert "gdb took longer than 0.01 s" in said
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(crash, "LIMIT", 60.0)
    said = _fails(build, tmp_path / "file", "wait")
    assert "did not come" in said
    assert "no crash report: " in said


def test_a_build_without_symbols_or_no_gdb_makes_none(
    build: Build, monkeypatch: pytest.MonkeyPatch
):
    assert crash.can_be_debugged(build)
    monkeypatch.setattr(crash.shutil, "which", lambda _: None)
    assert not crash.can_be_debugged(build)


def test_an_error_that_has_no_problem_takes_the_line_as_well():
    error = BlockdocError("it crashed", Place("x.md", 1))
    crash.tell(error, "crash report: y")
    assert str(error) == "x.md:1: it crashed\n  crash report: y"
