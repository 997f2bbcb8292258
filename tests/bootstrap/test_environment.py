# SPDX-License-Identifier: GPL-2.0-or-later
"""A set-up that was killed, or damaged afterwards, is mended by the next one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bootstrap.environment import is_complete

HERE = Path(__file__).parent
TOOLS = HERE.parents[1] / "tools"
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "tiny"
version = "1"
"""
PROVIDE = """
import sys; from pathlib import Path; from bootstrap import environment
environment.provide(Path(sys.argv[1]))
"""
MAKING = "set-up: making .venv"

# One environment is made, damaged and mended: by one worker.
pytestmark = pytest.mark.xdist_group("bootstrap")


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "requirements.lock").write_text("# nothing\n")
    shutil.copy(HERE / "backend.py", root)
    assert MAKING in run(root)
    return root


def start(root: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROVIDE, str(root)],
        env={**os.environ, "PYTHONPATH": str(TOOLS)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(root: Path) -> str:
    process = start(root)
    out, _ = process.communicate()
    assert process.returncode == 0
    return out


def test_a_complete_environment_is_left_alone(complete: Path) -> None:
    assert is_complete(complete)
    assert not run(complete)


@pytest.mark.parametrize(
    "file", ["lib/*/site-packages/tiny.py", "bin/python", "set-up-complete", "lib"]
)
def test_a_missing_file_is_noticed(complete: Path, file: str) -> None:
    (path,) = (complete / ".venv").glob(file)
    away = path.rename(complete / "away")
    assert not is_complete(complete)
    away.rename(path)
    assert is_complete(complete)


@pytest.mark.parametrize("file", ["requirements.lock", "pyproject.toml"])
def test_a_change_of_what_is_asked_for_is_noticed(complete: Path, file: str) -> None:
    text = (complete / file).read_text()
    (complete / file).write_text(f"{text}# changed\n")
    assert not is_complete(complete)
    (complete / file).write_text(text)
    assert is_complete(complete)


def test_a_killed_set_up_is_mended_by_the_next_and_two_take_turns(complete: Path) -> None:
    (complete / ".venv/set-up-complete").unlink()
    killed = start(complete)
    assert killed.stdout
    assert killed.stdout.readline().strip() == MAKING
    killed.kill()
    killed.communicate()
    assert not is_complete(complete)
    both = [start(complete), start(complete)]
    out = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum(MAKING in text for text in out) == 1
    assert is_complete(complete)
