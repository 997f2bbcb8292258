# SPDX-License-Identifier: GPL-2.0-or-later
"""A storage daemon with debugging information, clients that wait, and gdb to look at it."""

import functools
import json
import os
import re
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "gdb" / "qemu_block.py"
QUIET = (
    *("-nx", "-q", "-batch"),
    *("-iex", "set debuginfod enabled off"),
    *("-iex", "set width 0", "-iex", "set height 0"),
)
FRAME = re.compile(r"^#(\d+)\s+(\S+) \((.*)\)( \[inlined\])? (?:at|from) (\S+)$")
#: A function that has no frame, and must have been there.
LEFT = re.compile(r"^     (\S+) \(\) \[left by a jump: it has no frame\]$")
Json = dict[str, Any]


def without(why: str) -> NoReturn:
    """Skip a test that this machine cannot run; in CI that is an error."""
    if os.environ.get("CI"):
        pytest.fail(f"{why}; CI must not go without")
    pytest.skip(why)


def no_cores() -> str:
    """Return why a process that crashes leaves no core file beside it; empty if it does."""
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    if not most:
        return "no core files: their hard limit is 0 (ulimit -Hc)"
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if not pattern.startswith("core"):
        return f"core files go elsewhere: kernel.core_pattern is {pattern}"
    return ""


@functools.cache
def no_attaching() -> str:
    """Return gdb's words if it may not look at a process of ours; empty if it may."""
    with subprocess.Popen(["sleep", "60"]) as process:
        done = subprocess.run(
            [*debugger(), *QUIET, "-p", str(process.pid)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        process.kill()
    refused = [line for line in done.stderr.splitlines() if line.startswith("ptrace: ")]
    return "".join(f"gdb cannot attach to a process: {line}" for line in refused[:1])


def _with_cores() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))


def _monitor(program: Path) -> tuple[str, str]:
    if program.name == "qemu-storage-daemon":
        return "--monitor", "chardev=qmp"
    return "-mon", "chardev=qmp,mode=control"


class Daemon:
    """A storage daemon, or a machine: QMP by `ask`, NBD by `client`."""

    def __init__(
        self, program: Path, folder: Path, options: Sequence[str], by: Sequence[str] = ()
    ) -> None:
        """Start it; `by` an emulator, if it is of another architecture."""
        self.program = program
        self.folder = folder
        monitor, theirs = socket.socketpair()
        monitor.settimeout(30)
        words = [*by, str(program), "--chardev", f"socket,id=qmp,fd={theirs.fileno()}"]
        self.process = subprocess.Popen(
            [*words, *_monitor(program), *options],
            cwd=folder,
            pass_fds=[theirs.fileno()],
            stderr=subprocess.DEVNULL,
            preexec_fn=_with_cores,  # noqa: PLW1509 - there are no threads here
        )
        theirs.close()
        self._monitor = monitor
        self._file = monitor.makefile("rw")
        self._file.readline()
        self.ask("qmp_capabilities")

    @property
    def pid(self) -> int:
        return self.process.pid

    def send(self, command: str, **arguments: Any) -> None:  # noqa: ANN401 - JSON
        """Send a command and do not wait."""
        names = {name.replace("_", "-"): value for name, value in arguments.items()}
        self._file.write(json.dumps({"execute": command, "arguments": names}) + "\n")
        self._file.flush()

    def ask(self, command: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        """Send a command and return its answer."""
        self.send(command, **arguments)
        while True:
            answer = json.loads(self._file.readline())
            if "event" not in answer:
                return answer["return"]

    def add(self, **options: Any) -> None:  # noqa: ANN401 - JSON
        """Add a node."""
        self.ask("blockdev-add", **options)

    def concluded(self, job: str) -> None:
        """Wait until a job has ended, and dismiss it."""
        until(
            lambda: any(
                it["id"] == job and it["status"] == "concluded" for it in self.ask("query-jobs")
            )
        )
        self.ask("job-dismiss", id=job)

    def core(self) -> Path:
        """End it as a crash does, and return its core file."""
        self.process.send_signal(signal.SIGABRT)
        return self.left()

    def left(self) -> Path:
        """Return the core file that it has left."""
        self.process.wait(30)
        if why := no_cores():
            without(why)
        # An emulator writes one of what it runs, and may leave one of its own.
        return next(it for name in ("qemu_*.core", "core*") for it in self.folder.glob(name))

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._file.close()
        self._monitor.close()


@dataclass(frozen=True)
class Tool:
    """A program that gdb is to look at, and where it runs."""

    program: Path
    folder: Path


class Client:
    """An NBD client that sends requests and does not read the replies."""

    def __init__(self, daemon: Daemon, export: str, path: str = "nbd.sock") -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(daemon.folder / path))
        self.socket.recv(18, socket.MSG_WAITALL)
        name = export.encode()
        option = b"IHAVEOPT" + struct.pack(">II", 1, len(name)) + name
        self.socket.sendall(struct.pack(">I", 3) + option)
        self.socket.recv(10, socket.MSG_WAITALL)

    def read(self, offset: int, size: int) -> None:
        self.socket.sendall(struct.pack(">IHHQQI", 0x25609513, 0, 0, offset, offset, size))

    def write(self, offset: int, data: bytes) -> None:
        head = struct.pack(">IHHQQI", 0x25609513, 0, 1, offset, offset, len(data))
        self.socket.sendall(head + data)

    def flush(self) -> None:
        self.socket.sendall(struct.pack(">IHHQQI", 0x25609513, 0, 3, 0, 0, 0))

    def reply(self, size: int) -> tuple[int, bytes]:
        """Receive the reply to a read: an error, or 0, and the data."""
        head = self.socket.recv(16, socket.MSG_WAITALL)
        _, error, _ = struct.unpack(">IIQ", head)
        return error, self.socket.recv(size, socket.MSG_WAITALL) if not error else b""

    def answered(self, seconds: float = 0) -> bool:
        """Say whether a reply has come."""
        return bool(select.select([self.socket], [], [], seconds)[0])

    def close(self) -> None:
        self.socket.close()


def gdb(
    daemon: Daemon | Tool,
    target: int | Path,
    *commands: str,
    first: Sequence[str] = (),
    forbidden: Sequence[str] = (),
) -> str:
    """Run gdb on a process or a core file and return what it printed, notes and errors last.

    It may not do to a process what is `forbidden`.

    :raise AssertionError: our code raised what it should have handled.
    """
    done = subprocess.run(
        started(daemon.program, target, *commands, first=first, forbidden=forbidden),
        cwd=daemon.folder,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=300,
        check=False,
        env=ENVIRONMENT,
    )
    for words in RAISED:
        assert words not in done.stdout + done.stderr, done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith(("note:", "no "))]
    return done.stdout + "".join(f"{line}\n" for line in said)


#: How gdb says that Python raised.
RAISED = ("Traceback", "Error occurred in Python", "Python Exception")
ENVIRONMENT = {**os.environ, "DEBUGINFOD_URLS": ""}


def started(
    program: Path,
    target: int | Path,
    *commands: str,
    first: Sequence[str] = (),
    forbidden: Sequence[str] = (),
) -> list[str]:
    """Return the command line of gdb, looking at a process or a core file."""
    attach = ["-p", str(target)] if isinstance(target, int) else ["-core", str(target)]
    every = [*first, f"source {SCRIPT}", *commands]
    words = [word for command in every for word in ("-ex", command)]
    not_allowed = [word for it in forbidden for word in ("-iex", f"set may-{it} off")]
    return [*debugger(), *QUIET, *not_allowed, str(program), *attach, *words]


def until(holds: Callable[[], bool], seconds: float = 40) -> None:
    """Wait until something holds.

    :raise AssertionError: it does not.
    """
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it does not come to that"
        time.sleep(0.05)


#: How a daemon that gdb has stopped ends with a core file: by itself, or gdb's.
CRASH, GCORE = ("queue-signal SIGABRT", "detach"), ("gcore core", "kill")


def crash_at(
    daemon: Daemon, function: str, act: Callable[[], None], end: Sequence[str] = CRASH
) -> Path:
    """End the daemon when `act` has made it call `function`; return its core file."""
    attached, acted = daemon.folder / "attached", daemon.folder / "acted"
    os.mkfifo(attached)
    os.mkfifo(acted)
    meanwhile = f"shell echo >{attached}; read -r _ <{acted}"
    commands = (
        f"break {function}",
        meanwhile,
        "continue",
        "delete",
        *end,
    )
    words = [word for command in commands for word in ("-ex", command)]
    with subprocess.Popen(
        [*debugger(), *QUIET, "-p", str(daemon.pid), *words],
        cwd=daemon.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        attached.read_text()
        act()
        acted.write_text("\n")
        try:
            process.wait(60)
        finally:
            process.kill()  # if it has not been called
    return daemon.left()


def debugger() -> list[str]:
    """Return the gdb to be used: GDB names another than that on PATH."""
    return [os.environ.get("GDB") or shutil.which("gdb") or "gdb"]


class Trace:
    """One coroutine's backtrace as `qemu-block bt` prints it."""

    def __init__(self, title: str, lines: list[str]) -> None:
        self.title = title
        self.lines = lines
        matches = [match for line in lines if (match := FRAME.match(line))]
        #: All that it went through, in order: those too of which no frame is left.
        self.functions = [
            match[2] if match[0].startswith("#") else match[1]
            for line in lines
            if (match := FRAME.match(line) or LEFT.match(line))
        ]
        self.inlined = [match[2] for match in matches if match[4]]
        self.arguments = {match[2]: dict(_pairs(match[3])) for match in reversed(matches)}


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for pair in re.split(r", (?=\w+=)", text):
        name, _, value = pair.partition("=")
        yield name, value


def traces(output: str) -> list[Trace]:
    """Read what `qemu-block bt all` printed."""
    found: list[Trace] = []
    for line in output.splitlines():
        if line.startswith("Coroutine 0x"):
            found.append(Trace(line, []))
        elif found and (line.startswith("#") or LEFT.match(line)):
            found[-1].lines.append(line)
        else:
            continue
    return [Trace(one.title, one.lines) for one in found]
