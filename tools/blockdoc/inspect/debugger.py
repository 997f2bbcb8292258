# SPDX-License-Identifier: GPL-2.0-or-later
"""Read a core file or a process through gdb, and change nothing in it.

::

    core + program, or pid ──► gdb, tools/gdb/qemu_block.py ──► JSON ──► Picture, Report

gdb is told that it may neither write to the process nor call its functions.  A process
is stopped while gdb looks, and goes on afterwards, also when gdb takes too long.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from blockdoc.errors import AuthorError, MissingError, QemuError
from blockdoc.graph.facts import picture_of
from blockdoc.graph.picture import Picture
from blockdoc.graph.words import legible

__all__ = ["LIMIT", "SCRIPT", "Answer", "Target", "graph_of", "look", "target_of"]

#: What is loaded into gdb.
SCRIPT: Final = Path(__file__).parents[1] / "gdb" / "qemu_block.py"
#: How long gdb may look, in seconds; and how long it may take to leave.
LIMIT: Final = 300.0
LEAVE: Final = 5.0
#: Before gdb looks.  It asks no server for symbols, and can neither write nor call.
FIRST: Final = (
    *("set debuginfod enabled off", "set width 0", "set height 0", "set confirm off"),
    *("set style enabled off", "set print thread-events off", "set may-write-memory off"),
    *("set may-write-registers off", "set may-call-functions off"),
)
#: How much of a file says what it is.
HEAD: Final = 18
CORE: Final = 4
#: gdb's own words when it may not, or when it has nothing to look at.
REFUSED: Final = re.compile(
    r"^(?:ptrace: |Could not attach|\S+: not in executable format|no debugging information"
    r"|no process and no core|.*is not a core dump|Error occurred in Python).*$",
    re.MULTILINE,
)
NOT_PERMITTED: Final = (
    "; gdb needs the rights of the process's user, and ptrace "
    "(/proc/sys/kernel/yama/ptrace_scope) allowed: try as root"
)


@dataclass(frozen=True, slots=True)
class Target:
    """What gdb looks at: a core file, or a process if `core` is empty."""

    program: str
    core: str = ""
    pid: int = 0
    #: Whether to take libraries from here, and not from where the process sees them.
    ours: bool = False

    @property
    def name(self) -> str:
        """How a message calls it."""
        return self.core or f"process {self.pid}"

    def words(self) -> list[str]:
        """Return how gdb is told."""
        program = [self.program] if self.program else []
        return [*program, *(["-core", self.core] if self.core else ["-p", str(self.pid)])]


@dataclass(frozen=True, slots=True)
class Answer:
    """What gdb found: JSON, or why there is none; what could not be read; what it said."""

    data: Any
    why_not: str
    notes: tuple[str, ...]
    said: str


def target_of(kind: str, address: str, program: str) -> Target:
    """Return what a command line names.

    :raise AuthorError: it is not there, or is no core file, or no process.
    """
    if program:
        _exists(program, "no such program")
    if kind == "core":
        if not program:
            raise AuthorError(f"{address}: whose core? --exe FILE names the program")
        _exists(address, "no such core file")
        if not _is_core(address):
            raise AuthorError(f"{address}: not a core file (ELF); --json FILE reads a dump")
        return Target(program, core=address)
    if not re.fullmatch(r"[1-9][0-9]{0,9}", address):
        raise AuthorError(f"--pid {legible(address)}: not a process id")
    if not Path(f"/proc/{address}").exists():
        raise AuthorError(f"--pid {address}: no such process")
    return Target(program, pid=int(address))


def _exists(path: str, otherwise: str) -> None:
    try:
        with open(path, "rb"):  # noqa: PTH123 - a name with a NUL raises ValueError here
            return
    except FileNotFoundError:
        raise AuthorError(f"{path}: {otherwise}") from None
    except OSError as error:
        raise AuthorError(f"{path}: {error.strerror}") from None
    except ValueError:
        raise AuthorError(f"{legible(path)}: no name of a file") from None


def _is_core(path: str) -> bool:
    with Path(path).open("rb") as file:
        head = file.read(HEAD)
    order: Literal["little", "big"] = "big" if head[5:6] == b"\2" else "little"
    return head[:4] == b"\x7fELF" and int.from_bytes(head[16:18], order) == CORE


def graph_of(target: Target, limit: float = LIMIT) -> tuple[Picture, tuple[str, ...]]:
    """Return the graph, and what of it could not be read.

    :raise MissingError: there is no gdb.
    :raise QemuError: gdb cannot read it.
    """
    answer = look(target, "graph", limit)
    if answer.data is None:
        raise QemuError(f"{target.name}: {answer.why_not}")
    return picture_of(answer.data, target.name), answer.notes


def look(target: Target, command: Literal["graph", "report"], limit: float = LIMIT) -> Answer:
    """Let gdb answer a command of ours in JSON.

    :raise MissingError: there is no gdb.
    :raise QemuError: it takes too long.
    """
    with tempfile.TemporaryDirectory(prefix="blockdoc-gdb-") as folder:
        file = Path(folder, "answer")
        said = run(target, [f"source {SCRIPT}", f"qemu-block {command} {file}"], limit)
        notes = tuple(re.findall(r"^note: (.*)$", said, re.MULTILINE))
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return Answer(None, _why(said), notes, said)
    return Answer(data, "", notes, said)


def run(target: Target, commands: list[str], limit: float = LIMIT) -> str:
    """Return all that gdb prints.

    :raise MissingError: there is no gdb.
    :raise QemuError: it takes too long.
    """
    gdb = shutil.which("gdb")
    if gdb is None:
        raise MissingError("no gdb on PATH; install the package gdb")
    first = [*FIRST, *(["set sysroot /"] if target.ours else [])]
    words = [gdb, "-nx", "-q", "-batch", *_each("-iex", first), *target.words()]
    with subprocess.Popen(
        [*words, *_each("-ex", commands)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "DEBUGINFOD_URLS": "", "LC_ALL": "C.UTF-8"},
    ) as process:
        try:
            said, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            raise QemuError(f"{target.name}: gdb took longer than {limit:g} s") from None
        finally:
            _leave(process)
    return said


def _leave(process: "subprocess.Popen[str]") -> None:
    """End gdb so that whom it looks at goes on."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)  # it detaches
        try:
            process.communicate(timeout=LEAVE)
        except subprocess.TimeoutExpired:
            process.kill()


def _each(option: str, commands: list[str]) -> list[str]:
    return [word for command in commands for word in (option, command)]


def _why(said: str) -> str:
    """Return the one line that says why gdb found nothing."""
    found = REFUSED.search(said)
    lines = [it for it in said.splitlines() if it.strip()]
    line = found[0] if found else lines[-1] if lines else "gdb said nothing"
    return legible(line) + (NOT_PERMITTED if "not permitted" in line else "")
