# SPDX-License-Identifier: GPL-2.0-or-later
"""What an example leaves when it ends, or when its runner is killed."""

import asyncio
import contextlib
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from blockdoc.errors import MissingError
from blockdoc.qemu import (
    Build,
    folders,
    open_sandbox,
    walls_of,
)
from blockdoc.qemu import walls as walls_module

sys.path.insert(0, str(Path(__file__).parent))

from sandbox_support import program

#: How often the runner is killed; more by BLOCKDOC_KILLS, and -o faulthandler_timeout=600.
KILLS = int(os.environ.get("BLOCKDOC_KILLS", "12"))


@pytest.fixture
def bare(build: Build, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Return a build for which no bubblewrap is found from now on, outside of CI."""
    monkeypatch.setattr(walls_module, "_KNOWN", {})
    monkeypatch.setattr(walls_module.shutil, "which", lambda _: None)
    monkeypatch.delenv("CI", raising=False)
    return build


def test_without_bubblewrap_it_is_said_and_ci_refuses(
    bare: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert str(walls_of(bare)).startswith("NO SANDBOX: bubblewrap is not installed; ")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(MissingError, match="bubblewrap is not installed, and CI must not"):
        walls_of(bare)


def test_without_bubblewrap_nothing_is_left_either(bare: Build) -> None:
    _, _, stopped = program(
        bare, "head -c 90m /dev/zero >x & head -c 90m /dev/zero >y; sleep 9"
    )
    assert "32 MiB on disk" in stopped


def test_without_bubblewrap_what_leaves_its_session_ends_too(bare: Build) -> None:
    output, _, _ = program(bare, "setsid sleep 60 >/dev/null 2>&1 & echo $!")
    assert not _runs(int(output))


@pytest.fixture
def orphaned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the folder of a runner that is gone."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with subprocess.Popen(["/bin/true"]) as runner:
        runner.wait()
    folder = tmp_path / f"{folders.PREFIX}{runner.pid}-x"
    folder.mkdir()
    return folder


def test_what_a_killed_runner_left_is_ended_by_the_next(orphaned: Path) -> None:
    with subprocess.Popen(["/bin/sleep", "60"], env=folders.mark_of(orphaned)) as left:
        folders.sweep()
        assert left.wait(5) == -9
    assert not orphaned.exists()


def test_a_sandbox_of_a_killed_runner_is_ended_by_the_next(
    build: Build, orphaned: Path
) -> None:
    async def outlive() -> int:
        async with open_sandbox(build) as sandbox:
            command = sandbox.command(["/bin/sleep", "60"])
            assert command.how["env"].items() >= folders.mark_of(sandbox.folder).items()
            environment = {**command.how["env"], **folders.mark_of(orphaned)}
            how = {**command.how, "env": environment}
            left = await asyncio.create_subprocess_exec(*command.words, **how)
            folders.sweep()
            return await asyncio.wait_for(left.wait(), 5)

    assert asyncio.run(outlive()) == -9


def test_what_runs_in_a_sandbox_does_not_see_the_mark(build: Build) -> None:
    output, _, _ = program(build, "env")
    assert "PATH=" in output
    assert "BLOCKDOC" not in output


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


RUNNER = """
import asyncio
from blockdoc.errors import Place
from blockdoc.example import Image, Machine
from blockdoc.qemu import find_build, make_images, open_sandbox, start
from blockdoc.qemu.templates import templates

async def main():
    build = find_build()
    image = Image("a.qcow2", "qcow2", "1M", None, None, (), (), Place("x", 1))
    print("go", flush=True)
    while True:
        templates.cache_clear()
        async with open_sandbox(build) as sandbox:
            await make_images([image], build, sandbox)
            async with start(Machine("storage-daemon"), build, sandbox) as session:
                await session.ask("query-version")

asyncio.run(main())
"""


def test_nothing_outlives_a_runner_that_is_killed_at_any_moment(
    build: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert build
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    chance = random.Random(3)  # noqa: S311 - moments, not secrets
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", RUNNER],
            env={**os.environ, "TMPDIR": str(tmp_path)},
            stdout=subprocess.PIPE,
        ) as runner:
            assert runner.stdout is not None
            runner.stdout.readline()
            time.sleep(chance.random() * 0.1)
            runner.kill()
        deadline = time.monotonic() + 60  # the machine may be busy
        while alive_in(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.02)
        # An outer bwrap may still wait for the kernel then: the next runner ends it.
        assert set(alive_in(tmp_path).values()) <= {"bwrap"}
        folders.sweep()
        assert alive_in(tmp_path) == {}
    shutil.rmtree(tmp_path)


def alive_in(folder: Path) -> dict[str, str]:
    """Return the name of each process that has `folder` in its mounts or words."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended, or is somebody else's
            words = (process / "cmdline").read_bytes()
            mounts = (process / "mountinfo").read_text()
            if f"{folder}/".encode() in words or f"/{folder.name}/blockdoc-" in mounts:
                found[process.name] = (process / "comm").read_text().strip()
    return found
