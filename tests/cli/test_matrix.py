# SPDX-License-Identifier: GPL-2.0-or-later
"""Every example on every release: what is written down, and when nothing is."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from blockdoc.cli import main
from blockdoc.doctest.verdicts import PATH, Verdicts

Example = Callable[..., Path]


def outcomes(root: Path, series: str) -> dict[str, str]:
    found = Verdicts.read(root).examples.items()
    verdicts = {Path(path).stem: it.outcome(series) for path, it in found}
    return {name: it.outcome if it else "" for name, it in verdicts.items()}


def test_verdicts_are_written_and_the_same_run_changes_nothing(
    root: Path, installed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["matrix", installed]) == 0
    assert outcomes(root, installed) == {"good": "passed", "new": "skipped"}
    said = capsys.readouterr()
    assert "2 examples; steps: 2 passed, 0 failed, 2 skipped" in said.out
    assert "matrix: QEMU " in said.err  # plain lines: this is no terminal
    before = (root / PATH).read_bytes()
    assert main(["matrix", installed]) == 0
    assert (root / PATH).read_bytes() == before


def test_a_failure_is_shown_as_pytest_shows_it_and_written_step_by_step(
    root: Path, installed: str, example: Example, capsys: pytest.CaptureFixture[str]
) -> None:
    example("bad", answer="[ 1 ]")
    assert main(["matrix", installed]) == 1
    said = capsys.readouterr().out
    assert "examples/t/bad.md:11: " in said
    assert "+++ QEMU says" in said
    steps = Verdicts.read(root).examples["examples/t/bad.md"].verdicts[installed]
    assert steps["bad-one"].outcome == "failed"
    assert steps["bad-two"].why == "not reached: bad-one failed"


def test_a_run_that_does_not_reach_its_end_leaves_the_verdicts(
    root: Path, installed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["matrix", installed]) == 0
    before = (root / PATH).read_bytes()
    example = root / "examples/t/good.md"
    example.write_text(example.read_text() + "\nmore\n")
    (root / "conftest.py").write_text(
        "import pytest\n"
        "def pytest_runtest_logfinish(nodeid):\n"
        "    if 'good-one' in nodeid: pytest.exit('enough', 3)\n"
    )
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert main(["matrix", installed]) == 1
    assert (root / PATH).read_bytes() == before


def test_an_example_that_cannot_be_read_is_told_before_anything_runs(
    root: Path, installed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "examples/t/good.md").write_text("# Nothing\n")
    assert main(["matrix", installed]) == 2
    assert capsys.readouterr().err.startswith("examples/t/good.md:1: no step")
    assert not (root / PATH).exists()


def test_a_qemu_of_ones_own_runs_but_is_not_written_down(
    root: Path, installed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "cache/qemu" / installed
    assert main(["matrix", "--build", str(folder)]) == 0
    assert "2 passed" in capsys.readouterr().out
    assert not (root / PATH).exists()


def test_a_release_or_a_build_that_is_not_there_is_one_line(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["matrix", "1.0"]) == 2
    assert main(["matrix", "--build", str(root / "nowhere")]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("'1.0' is no release")
    assert said[-1].endswith("nowhere: no such folder; give a build tree")


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, str]]:
    capsys.readouterr()
    status = main(["matrix", *arguments, "--check", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert all(set(it) == {"path", "line", "id", "kind", "message"} for it in found)
    return status, {it["path"]: it["kind"] for it in found}


def test_the_check_names_what_is_failed_missing_or_older_than_its_example(
    root: Path, installed: str, example: Example, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(capsys, installed) == (
        1,
        {"examples/t/good.md": "missing", "examples/t/new.md": "missing"},
    )
    bad = example("bad", answer="[ 1 ]")
    main(["matrix", installed])
    assert check(capsys, installed) == (1, {"examples/t/bad.md": "failed"})
    bad.unlink()
    assert check(capsys, installed) == (0, {})
    good = root / "examples/t/good.md"
    good.write_text(good.read_text() + "\nOne more sentence.\n")
    assert check(capsys, installed) == (1, {"examples/t/good.md": "stale"})


def test_a_verdict_on_a_text_that_changed_meanwhile_is_not_kept(
    root: Path, installed: str
) -> None:
    (root / "conftest.py").write_text(
        "from pathlib import Path\n"
        "def pytest_runtest_logfinish(nodeid):\n"
        "    Path('examples/t/good.md').open('a').write('more')\n"
    )
    assert main(["matrix", installed]) == 0
    assert outcomes(root, installed) == {"good": "", "new": "skipped"}


#: A shell lets its background jobs ignore SIGINT, and they let us: not so at a terminal.
AS_TYPED = ("env", "--default-signal=INT")


@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGKILL])
def test_a_matrix_that_is_ended_leaves_no_process_and_no_verdict(
    root: Path, installed: str, tmp_path: Path, word: signal.Signals
) -> None:
    hang = tmp_path / "cache/qemu" / installed / "bin/qemu-storage-daemon"
    real, nap = hang.readlink(), f"sleep 63.{os.getpid()}{int(word)}"
    hang.unlink()
    hang.write_text(
        f'#!/bin/sh\ncase "$*" in *--version*) exec {real} "$@";; esac\nexec {nap}\n'
    )
    hang.chmod(0o755)
    folders = tmp_path / "folders"
    folders.mkdir()
    with subprocess.Popen(
        [*AS_TYPED, sys.executable, "-m", "blockdoc.cli", "matrix", installed],
        cwd=root,
        env={**os.environ, "TMPDIR": str(folders)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        waited(lambda: running(nap) != [])
        process.send_signal(word)
        _, said = process.communicate(timeout=60)
    assert process.returncode == (130 if word is signal.SIGINT else -signal.SIGKILL)
    assert "Traceback" not in said
    waited(lambda: not running(nap) and not working(root))
    assert not (root / PATH).exists()
    if word is signal.SIGINT:
        left = [path.name for path in folders.iterdir()]
        assert [name for name in left if not name.startswith("pytest-of-")] == []


def waited(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def running(words: str) -> list[Path]:
    """Return the processes with these words in their command line, in a sandbox or not."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended
            line = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            found += [path] if words in line else []
    return found


def working(folder: Path) -> list[Path]:
    """Return the processes that work in or below `folder`, but for this one."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended
            inside = f"{(path / 'cwd').readlink()}/".startswith(f"{folder}/")
            found += [path] if inside and path.name != str(os.getpid()) else []
    return found
