# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs one broken or hostile example, and looks for what it leaves behind.

tests/cases/fail/examples/README.md says how a case is written.
"""

import contextlib
import runpy
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from blockdoc.transcript import revise_lines

sys.path.insert(0, str(Path(__file__).parent.parent))

from orphans import adopting_orphans, wait_for_the_dead

CASES = Path(__file__).parent.parent / "cases" / "fail" / "examples"
#: No case may take longer, in seconds; most take a fifth of one.
LONGEST = 15.0
#: What a case may call a file that it tries to write outside of its folder.
ESCAPE = "blockdoc-escape"
#: Where such a file could appear.
OUTSIDE = ("/tmp", "/var/tmp", "/dev/shm", "/")  # noqa: S108 - we only look
#: Cases that wait until we give up on a greeting; how long that takes there, in seconds.
WITHOUT_GREETING = {"qemu-never-greets", "qemu-stops-before-greeting"}
GREETING = 0.5
#: Plugins of pytest's that have no part in a case, and cost a third of its time.
UNUSED = (
    *("cacheprovider", "debugging", "doctest", "hypothesispytest", "junitxml", "legacypath"),
    *("pastebin", "pytester", "setuponly", "setupplan", "stepwise", "subtests", "unittest"),
    *("xdist", "xdist.looponfail"),
)
STAND_IN = """\
#!/bin/sh
[ "$1" = --version ] && {{ echo "qemu-storage-daemon version 10.0.0"; exit; }}
exec {python} -S -s -E {script}
"""


def names() -> list[str]:
    """List the cases."""
    return sorted(path.stem for path in CASES.glob("*.txt"))


def has_stand_in(name: str) -> bool:
    """Say whether something stands in for QEMU in this case."""
    return (CASES / f"{name}.qemu.py").exists()


def put(name: str, root: Path) -> None:
    """Write the examples of a case below `root`."""
    folder = root / "examples"
    folder.mkdir()
    if (CASES / name).is_dir():
        shutil.copytree(CASES / name, folder, dirs_exist_ok=True)
    elif (CASES / f"{name}.md").exists():
        shutil.copy(CASES / f"{name}.md", folder)
    else:
        made = runpy.run_path(str(CASES / f"{name}.py"))["EXAMPLE"]
        (folder / f"{name}.md").write_bytes(made if isinstance(made, bytes) else made.encode())


def put_stand_in(name: str, folder: Path) -> bool:
    """Make a folder for QEMU_BUILD with the stand-in of a case, if it has one."""
    if not has_stand_in(name):
        return False
    script = CASES / f"{name}.qemu.py"
    folder.mkdir()
    for source in (script, CASES / "stand_in.py"):
        shutil.copy(source, folder)
    program = folder / "qemu-storage-daemon"
    python = Path(sys.executable).resolve()
    program.write_text(STAND_IN.format(python=python, script=folder / script.name))
    program.chmod(0o755)
    return True


@dataclass(slots=True)
class Collected:
    """A plugin of pytest's that keeps what failed."""

    said: list[str] = field(default_factory=list)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._keep(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._keep(report)

    def _keep(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        if report.failed:
            self.said += report.longreprtext.splitlines()


def holds(expected: Path, said: list[str]) -> bool:
    """Say whether the message is the one expected; `...` stands for what differs."""
    written = expected.read_text("utf-8").splitlines()
    return revise_lines(written, said) == written


def is_stopped(name: str, pytester: pytest.Pytester) -> None:
    """Run a case, and see that it is stopped with its message."""
    collected = Collected()
    options = [word for plugin in UNUSED for word in ("-p", f"no:{plugin}")]
    result = pytester.runpytest_inprocess("examples", *options, plugins=[collected])
    printed = result.stdout.str() + result.stderr.str()
    assert "Traceback" not in printed
    assert result.ret in {1, 2}
    said = "\n".join(collected.said)
    assert holds(CASES / f"{name}.txt", collected.said), said


def running() -> set[int]:
    """Return our children, those adopted included, that have not ended."""
    wait_for_the_dead()
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(pid) for task in tasks for pid in task.read_text().split()}


def still_running(before: set[int]) -> set[int]:
    """Return what is running and was not; what has been killed gets a moment to end."""
    for _ in range(100):
        left = running() - before
        if not left:
            break
        time.sleep(0.01)
    return left


def name_of(pid: int) -> str:
    """Return the command line of a process, and its number."""
    with contextlib.suppress(OSError):
        return f"{pid} {Path(f'/proc/{pid}/cmdline').read_bytes()!r}"
    return str(pid)


def sockets() -> set[str]:
    """Return the sockets that are open here."""
    found = set()
    for fd in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.add(str(fd.readlink()))
    return {it for it in found if it.startswith("socket:")}


def escaped() -> list[Path]:
    """Return the files that a case wrote where it must not."""
    return [path for folder in OUTSIDE for path in Path(folder).glob(f"*{ESCAPE}*")]


@contextlib.contextmanager
def nothing_is_left(root: Path, folders: Path) -> Iterator[None]:
    """Fail if anything is left that was not there before: processes, files, sockets."""
    with adopting_orphans():
        assert not escaped()
        files = {path for path in root.rglob("*") if folders not in path.parents}
        before, opened, started = running(), sockets(), time.monotonic()
        yield
        took = time.monotonic() - started
        assert took < LONGEST, f"took {took:.1f} s"
        left = [name_of(pid) for pid in still_running(before)]
        assert not left, f"processes are left: {left}"
        assert sockets() <= opened, "a socket is left"
        assert not [*folders.rglob("*")], "a file is left"
        assert not escaped(), "a file was written outside"
        made = {path for path in root.rglob("*") if folders not in path.parents} - files
        assert not made, f"files were written outside: {made}"


@contextlib.contextmanager
def host_service() -> Iterator[tuple[int, socket.socket]]:
    """Listen on a port of this machine, to which no example may come."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server.getsockname()[1], server


def nobody_came(server: socket.socket) -> bool:
    """Say whether nobody has connected."""
    try:
        server.accept()
    except BlockingIOError:
        return True
    return False
