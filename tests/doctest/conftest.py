# SPDX-License-Identifier: GPL-2.0-or-later
"""Little projects with one example each, run by a pytest of their own."""

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest


@pytest.fixture(autouse=True)
def _needs_qemu() -> None:
    """Skip without a QEMU; in CI that is an error."""
    if shutil.which("qemu-storage-daemon") or os.environ.get("QEMU_BUILD"):
        return
    _missing("no qemu-storage-daemon on PATH")


def _missing(what: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI must not go without")
    pytest.skip(what)


#: A program between a runner and the real daemon, which fails at a word of the runner's.
BETWEEN = """\
#!{python}
import os, select, socket, subprocess, sys, time
if "--version" in sys.argv:
    os.execvp({daemon!r}, ["qemu", "--version"])
chardev = next(word for word in sys.argv if "fd=" in word)
runner = socket.socket(fileno=int(chardev.rpartition("=")[2]))
ours, theirs = socket.socketpair()
words = [chardev.rpartition("=")[0] + f"={{theirs.fileno()}}" if it == chardev else it
         for it in sys.argv[1:]]
daemon = subprocess.Popen([{daemon!r}, *words], pass_fds=[theirs.fileno()])
theirs.close()
while True:
    for end in select.select([runner, ours], [], [])[0]:
        data = end.recv(1 << 20)
        if not data:
            daemon.kill()
            sys.exit(0)
        if end is runner and {word!r} in data:
            {action}
        (ours if end is runner else runner).sendall(data)
"""


@pytest.fixture
def failing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., None]]:
    """Yield what puts a QEMU in place that does `action` when it hears `word`.

    Afterwards nothing that ran for the example may be left, the program's child included.
    """
    daemon = shutil.which("qemu-storage-daemon")
    if daemon is None:
        _missing("no qemu-storage-daemon on PATH to stand in front of")
    folders = pytester.mkdir("folders")
    monkeypatch.setenv("TMPDIR", str(folders))

    def install(word: bytes, action: str) -> None:
        program = pytester.path / "fake" / "qemu-storage-daemon"
        program.parent.mkdir()
        program.write_text(
            BETWEEN.format(python=sys.executable, daemon=daemon, word=word, action=action)
        )
        program.chmod(0o755)
        monkeypatch.setenv("QEMU_BUILD", str(program.parent))

    yield install
    assert left_in(folders) == []


def left_in(folder: Path) -> list[str]:
    """Return the processes that work below `folder`, also if it is gone."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended, or is somebody else's
            where = str((process / "cwd").readlink())
            if where.startswith(f"{folder}/"):
                found.append(f"{process.name} in {where}")
    return found


@pytest.fixture
def project(pytester: pytest.Pytester) -> Callable[..., Path]:
    """Return what writes an example into an empty project, and its path."""
    pytester.makeini("[pytest]\n")

    def write(text: str, name: str = "t/one") -> Path:
        path = pytester.path / "examples" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write
