# SPDX-License-Identifier: GPL-2.0-or-later
"""What has passed and has not changed is not run again; anything else is."""

import shutil
from collections.abc import Callable
from pathlib import Path

import blockdoc.doctest.cache
import pytest

Project = Callable[..., Path]

ADD = """\
```{qmp-example}
:id: NAME

-> { "execute": "blockdev-add", "arguments": { "driver": "null-co", "node-name": "NAME" } }
<- { "return": {} }
```
"""
ONE, TWO = ADD.replace("NAME", "one"), ADD.replace("NAME", "two")
NOT_RUN = "unchanged since a pass with this QEMU, and not run again: 1 of 1 example (*"


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("BLOCKDOC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def run(pytester: pytest.Pytester, *arguments: str) -> bool:
    """Run the examples; say whether the one that there is was really run."""
    quick = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    result = pytester.runpytest_inprocess("examples", *quick, *arguments)
    return NOT_RUN[:-1] not in result.stdout.str()


def test_what_passed_is_not_run_again(pytester: pytest.Pytester, project: Project) -> None:
    project(ONE + TWO)
    assert run(pytester)
    assert not run(pytester)
    assert not run(pytester, "-k", "two")


def test_another_text_is_run(pytester: pytest.Pytester, project: Project) -> None:
    project(ONE)
    assert run(pytester)
    project(ONE + "\nMore prose.\n")
    assert run(pytester)
    project(ONE)
    assert not run(pytester)


def test_what_failed_or_ran_in_part_is_run(pytester: pytest.Pytester, project: Project) -> None:
    project(ONE + ONE.replace("id: one", "id: two"))  # a second node of one name
    assert run(pytester)
    assert run(pytester)
    project(ONE + TWO)
    assert run(pytester, "--deselect", "examples/t/one.md::two")
    assert run(pytester)


@pytest.mark.parametrize("asked", ["option", "CI"])
def test_who_asks_for_it_gets_a_run(
    pytester: pytest.Pytester, project: Project, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    project(ONE)
    assert run(pytester)
    if asked == "CI":
        monkeypatch.setenv("CI", "true")
    assert run(pytester, *(["--no-cache"] if asked == "option" else []))


def test_another_runner_runs_it(
    pytester: pytest.Pytester, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(ONE)
    assert run(pytester)
    monkeypatch.setattr(blockdoc.doctest.cache, "_runner", lambda: "another")
    assert run(pytester)


def test_another_binary_runs_it(
    pytester: pytest.Pytester, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same path and version, but other bytes."""
    daemon = shutil.which("qemu-storage-daemon")
    assert daemon is not None
    folder = pytester.mkdir("build")
    monkeypatch.setenv("QEMU_BUILD", str(folder))
    shutil.copy(daemon, folder)
    project(ONE)
    assert run(pytester)
    assert not run(pytester)
    with (folder / "qemu-storage-daemon").open("ab") as program:
        program.write(b"\0")
    assert run(pytester)


def test_a_script_in_the_place_of_qemu_is_always_run(
    pytester: pytest.Pytester, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pytester.mkdir("build")
    script = folder / "qemu-storage-daemon"
    script.write_text(f'#!/bin/sh\nexec {shutil.which("qemu-storage-daemon")} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("QEMU_BUILD", str(folder))
    project(ONE)
    assert run(pytester)
    assert run(pytester)


def test_notes_that_are_damaged_or_cannot_be_kept_only_cost_a_run(
    pytester: pytest.Pytester, project: Project, cache: Path
) -> None:
    project(ONE)
    assert run(pytester)
    for note in (cache / "programs").iterdir():
        note.write_text("{")
    assert not run(pytester)
    shutil.rmtree(cache)
    cache.write_text("no folder")
    assert run(pytester)
    assert run(pytester)
