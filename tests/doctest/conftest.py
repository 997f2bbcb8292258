# SPDX-License-Identifier: GPL-2.0-or-later
"""Little projects with one example each, run by a pytest of their own."""

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from blockdoc.qemu import find_build, walls_of
from blockdoc.qemu import session as session_module
from blockdoc.qemu.templates import templates

sys.path.insert(0, str(Path(__file__).parent))

from bad_input_support import (
    GREETING,
    WITHOUT_GREETING,
    host_service,
    nobody_came,
    nothing_is_left,
    put,
    put_stand_in,
)


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
daemon = subprocess.Popen([{daemon!r}, *words], stdin=subprocess.DEVNULL,
                          pass_fds=[theirs.fileno()])
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
        # Our interpreter, wherever it is, must be there in the sandbox too.
        prefixes = (sys.prefix, sys.base_prefix)
        monkeypatch.setenv("BLOCKDOC_READ", os.pathsep.join(prefixes))

    yield install
    deadline = time.monotonic() + 5
    while left_in(folders) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left_in(folders) == []


def left_in(folder: Path) -> list[str]:
    """Return the processes that have a folder below `folder` mounted, or are started for it.

    A mount's root is a path within its file system, which may begin anywhere in `folder`'s;
    its last four names tell this test's from that of another worker.
    """
    below = "/".join((*folder.parts[-4:], "blockdoc-"))
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended, or is somebody else's
            mounted = below in (process / "mountinfo").read_text()
            started = f"{folder}/blockdoc-".encode() in (process / "cmdline").read_bytes()
            if mounted or started:
                found.append(process.name)
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


@pytest.fixture(scope="session")
def sandbox() -> None:
    """Refuse to run hostile examples without one; make what is kept for a process's life."""
    walls = walls_of(find_build())
    if walls.missing:
        pytest.skip(str(walls))
    templates()


@pytest.fixture
def case(
    request: pytest.FixtureRequest,
    sandbox: None,  # noqa: ARG001 - nothing hostile runs without it
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Put a case in place; afterwards nothing of it may be left."""
    name: str = request.param
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    root = pytester.path
    folders = pytester.mkdir("folders")
    monkeypatch.setenv("TMPDIR", str(folders))
    monkeypatch.setattr("tempfile.tempdir", None)
    pytester.makeini("[pytest]\n")
    put(name, root)
    if put_stand_in(name, root / "build"):
        monkeypatch.setenv("QEMU_BUILD", str(root / "build"))
        monkeypatch.setenv("BLOCKDOC_READ", sys.base_prefix)
        monkeypatch.setattr(session_module, "QUIT_LIMIT", 0.3)
    if name in WITHOUT_GREETING:
        monkeypatch.setattr(session_module, "START_LIMIT", GREETING)
    with host_service() as (port, server), nothing_is_left(root, folders):
        for example in (root / "examples").glob("*.md"):
            whole = example.read_bytes()
            example.write_bytes(whole.replace(b"@PORT@", b"%d" % port))
        yield name
        assert nobody_came(server)
