# SPDX-License-Identifier: GPL-2.0-or-later
"""Look at a QEMU with gdb, and change nothing in it.

::

    build ── DWARF, gdb? ──no──► why not, in words
      │ yes
      └─► gdb, outside the sandbox ── attach, or a core made on the spot ── print ── detach

gdb runs outside, where it could do anything: so a step may only say what looks.  The
process is stopped while gdb looks, and goes on afterwards.
"""

import asyncio
import contextlib
import functools
import mmap
import os
import re
import shutil
import signal
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from blockdoc.errors import AuthorError, MissingError, Place, QemuError
from blockdoc.qemu.process import die_with_parent
from blockdoc.qemu.walls import children

__all__ = [
    "SCRIPT",
    "Debugger",
    "check_command",
    "descendants",
    "has_dwarf",
    "why_no_debugger",
]

#: What is loaded into gdb.
SCRIPT = Path(__file__).parents[1] / "gdb" / "qemu_block.py"
#: Before gdb attaches: it asks nobody for symbols, and can neither write nor call.
FIRST = (
    *("set debuginfod enabled off", "set width 0", "set height 0", "set sysroot /"),
    "set libthread-db-search-path /dev/null",  # thread numbers are others in the sandbox
    *("set confirm off", "set style enabled off", "set print thread-events off"),
)
READ_ONLY = ("memory off", "registers off")
#: What a step may say.  No `$_` functions: one of them is a shell.
EXPRESSION = r"[^$|`!]+"
LOOKS = re.compile(
    rf"""
    qemu-block(\ [a-z]+(\ [\w*&.\->()]+)?)?
    | (bt|backtrace|where)(\ -?\w+)*
    | (up|down|frame)(\ \d+)? | frame\ function\ \w+
    | info\ (locals|args|frame|threads|registers|line|symbol)(\ [\w&*]+)*
    | thread(\ \d+)? | thread\ apply\ (all|[\d ]+)\ (bt|backtrace)(\ -?\w+)*
    | (p|print|ptype|whatis|x)(/[a-z0-9]+)?\ {EXPRESSION}
    """,
    re.VERBOSE,
)
#: A pointer differs from run to run.
POINTER = re.compile(r"\b0x[0-9a-f]{6,16}\b")
#: No more is printed by one step, in bytes.
MOST = 1 << 20
MARK = "@blockdoc@"
READY = "@ready@"
#: gdb's own words when it may not.
REFUSED = re.compile(
    r"^(?:ptrace|Could not attach|warning: process).*$|^.*(?:format|core dump).*$", re.MULTILINE
)


def why_no_debugger(program: Sequence[str]) -> str:
    """Say why a program, given as its command line, cannot be looked at; empty if it can."""
    if shutil.which("gdb") is None:
        return "gdb is not installed"
    if len(program) > 1 or not has_dwarf(Path(program[0])):
        return "this QEMU has no debugging information (DWARF)"
    return ""


@functools.cache
def has_dwarf(program: Path) -> bool:
    """Say whether a program's file has its debugging information in it."""
    try:
        with program.open("rb") as file:
            if file.read(4) != b"\x7fELF":
                return False
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return content.rfind(b"\0.debug_info\0") >= 0
    except (OSError, ValueError):
        return False


def check_command(command: str, place: Place) -> None:
    """Refuse a command that does more than look.

    :raise AuthorError: it may write, call, or leave gdb.
    """
    if LOOKS.fullmatch(command) is None or re.search(r"(?<![=!<>])=(?!=)|\+\+|--", command):
        known = "qemu-block …, bt, frame, up, info locals, thread, print, ptype, x"
        raise AuthorError(f"`{command}`: a step only looks; it may say {known}", place)


@dataclass(frozen=True, slots=True)
class Debugger:
    """gdb, and a process to look at."""

    program: Path
    #: The process, or one that it descends from.
    ancestor: int
    place: Place

    def pid(self) -> int:
        """Return the process that runs the program.

        :raise QemuError: there is none.
        """
        for pid in descendants(self.ancestor):
            with contextlib.suppress(OSError):
                if Path(f"/proc/{pid}/exe").samefile(self.program):
                    return pid
        raise QemuError(f"no process runs {self.program.name} any more", self.place)

    async def look(self, commands: Sequence[str], core: Path | None = None) -> list[str]:
        """Return what each command prints, about the process or its core file.

        :raise MissingError: gdb may not attach.
        """
        said = [word for it in commands for word in (it, f"echo {MARK}\\n")]
        target = ["-core", str(core)] if core else ["-p", str(self.pid())]
        first = [*FIRST, *(f"set may-write-{it}" for it in READ_ONLY)]
        words = _words([*first, "set may-call-functions off"], self.program, target)
        after = [f"source {SCRIPT}", "info inferiors", f"echo {MARK}\\n", *said]
        async with _started([*words, *_each("-ex", after)]) as process:
            text = await self._read(process)
        start, *pieces = text.split(f"{MARK}\n")
        if len(pieces) != len(commands) + 1 or "<null>" in start:
            raise MissingError(f"gdb cannot look at QEMU: {_refusal(text)}", self.place)
        return [POINTER.sub("0x...", it) for it in pieces[:-1]]

    @contextlib.asynccontextmanager
    async def core(
        self, function: str, act: Callable[[], Awaitable[None]]
    ) -> AsyncIterator[Path]:
        """Make a core file: now, or when `act` has made QEMU call `function`.

        :raise MissingError: gdb may not attach.
        """
        with tempfile.TemporaryDirectory(prefix="blockdoc-core-") as folder:
            core = Path(folder, "core")
            reach = [f"tbreak {function}"] if function else []
            go = ["continue"] if function else []
            commands = [*reach, f"echo {READY}\\n", *go, f"gcore {core}", "detach"]
            first = [*FIRST, "set breakpoint pending off"]
            words = _words(first, self.program, ["-p", str(self.pid())])
            async with _started([*words, *_each("-ex", commands)]) as process:
                said = await self._until_ready(process)
                await act()
                said += await self._read(process)
            if not os.path.exists(core):  # noqa: ASYNC240, PTH110 - it is there or not
                raise MissingError(f"gdb makes no core file: {_refusal(said)}", self.place)
            yield core

    async def _until_ready(self, process: Process) -> str:
        said = ""
        while process.stdout and (line := (await process.stdout.readline()).decode()):
            said += line
            if READY in line:
                break
        return said

    async def _read(self, process: Process) -> str:
        output = bytearray()
        while process.stdout is not None and (piece := await process.stdout.read(1 << 16)):
            output += piece
            if len(output) > MOST:
                raise AuthorError(f"gdb prints more than {MOST} bytes", self.place)
        await process.wait()
        return output.decode(errors="replace")


def _words(first: Sequence[str], program: Path, target: Sequence[str]) -> list[str]:
    start = ["gdb", "-nx", "-q", "-batch", *_each("-iex", first)]
    return [*start, str(program), *target]


def _each(option: str, commands: Sequence[str]) -> list[str]:
    return [word for command in commands for word in (option, command)]


def _refusal(text: str) -> str:
    """Return the one line that says why."""
    found = REFUSED.search(text)
    lines = [it for it in text.splitlines() if it.strip()]
    return found[0] if found else lines[-1] if lines else "it said nothing"


def descendants(pid: int) -> Iterator[int]:
    """Return a process and all that descend from it."""
    yield pid
    for child in children(pid):
        yield from descendants(child)


@contextlib.asynccontextmanager
async def _started(words: Sequence[str]) -> AsyncIterator[Process]:
    """Start gdb; it ends with us, and whom it has stopped goes on."""
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        env={**os.environ, "DEBUGINFOD_URLS": "", "LC_ALL": "C.UTF-8"},
        start_new_session=True,
        preexec_fn=die_with_parent,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        while process.stdout is not None and await process.stdout.read(1 << 16):
            pass
        await process.wait()
