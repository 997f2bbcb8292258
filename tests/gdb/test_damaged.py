# SPDX-License-Identifier: GPL-2.0-or-later
"""A damaged core gives what can be had, and says what cannot: never a traceback."""

import ctypes
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cores import Core
from damages import KINDS, Walked, damage
from dwarf import (
    ENVIRONMENT,
    QUIET,
    RAISED,
    SCRIPT,
    Client,
    Daemon,
    Tool,
    debugger,
    gdb,
    traces,
)
from scenes import NBD, Start, everything

COMMANDS = (
    *("why", "coroutines", "bt all", "graph", "jobs", "contexts", "requests", "locks"),
    *("bitmaps", "exports", "throttle", "chain top", "report"),
)
#: The longest that all commands may take together, on a machine that does much else.
BOUND = 120
LOADING = "loading"
#: gdb's own words, which do not say what could not be had.
BARE = re.compile(r"^note: (Cannot|PC|value|No) ", re.MULTILINE)
#: Which batches of damaged cores are looked at: see CONTRIBUTING.md.
BATCHES = [int(it) for it in os.environ.get("FUZZ_BATCHES", "0:1").split(":")]


@dataclass(frozen=True)
class _Original(Tool):
    """A core file that is whole, and what gdb says of it."""

    core: Path
    said: str
    walked: Walked


@pytest.fixture(scope="module")
def original(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Original]:
    """Make a core with requests that wait, a job, and a bitmap."""
    folder = tmp_path_factory.mktemp("original")
    daemon = Daemon(program, folder, (*NBD, "--object", "iothread,id=aside"))
    clients: list[Client] = []

    def connect(*arguments: object) -> Client:
        clients.append(Client(*arguments))  # type: ignore[arg-type]
        return clients[-1]

    try:
        everything(lambda *_: daemon, connect)
        core, walked = daemon.core(), folder / "walked.json"
        script = f"source {Path(__file__).with_name('walked.py')}"
        said = gdb(daemon, core, "qemu-block bt all", f'set $walked = "{walked}"', script)
        whole = Core(core, folder / "whole")
        yield _Original(program, folder, core, said, Walked.of(walked, whole))
    finally:
        daemon.close()
        for client in clients:
            client.close()


def _mark(name: str) -> str:
    return f"python [gdb.write('== {name}\\n', it) for it in (gdb.STDOUT, gdb.STDERR)]"


def _marked(text: str) -> list[str]:
    """Return what commands printed for each core, without what gdb says of the file itself."""
    return [it for it in text.split("== ")[1:] if not it.startswith(LOADING)]


def _commands(core: Path) -> Iterator[str]:
    """Yield what gdb is to do with one core file, after another: say so, and run all."""
    yield _mark(LOADING)
    yield "core-file"
    yield f"core-file {core}"
    yield _mark(core.name)
    yield from (f"qemu-block {command}" for command in COMMANDS)


def _all(original: _Original, *cores: Core) -> Iterator[str]:
    """Run every command on core files, in one gdb; yield what it said of each.

    They end in time, without a traceback, and each note says what could not be had.
    """
    commands = [word for core in cores for word in _commands(core.path)]
    words = [
        word for it in (f"source {SCRIPT}", *commands, r"echo == end\n") for word in ("-ex", it)
    ]
    done = subprocess.run(
        [*debugger(), *QUIET, original.program, *words],
        cwd=original.folder,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=BOUND * len(cores),
        check=True,
        env=ENVIRONMENT,
    )
    said, noted = _marked(done.stdout), _marked(done.stderr)
    assert len(said) == len(cores) + 1
    for core, out, error in zip(cores, said, noted, strict=False):
        assert out.startswith(core.path.name)
        for words in RAISED:
            assert words not in out + error, f"{core.path.name}: {error}"
        assert not BARE.search(error), f"{core.path.name}: {error}"
        yield out + error


@pytest.mark.parametrize("value", [0, 0x1000, 1 << 47])
def test_without_thread_local_storage_the_frames_are_the_same(
    original: _Original, tmp_path: Path, value: int
):
    core = Core(original.core, tmp_path / "core")
    core.set_fs_base(value)
    said = gdb(original, core.path, "qemu-block bt all")
    assert [one.lines for one in traces(said)] == [one.lines for one in traces(original.said)]


@pytest.mark.parametrize("batch", range(*BATCHES))
def test_a_damaged_core_gives_what_can_be_had(original: _Original, tmp_path: Path, batch: int):
    """A batch has one core of each kind of damage; FUZZ_BATCHES=FIRST:END are more of them."""
    cores, harms = [], []
    for number in range(len(KINDS)):
        seed = batch * len(KINDS) + number
        cores.append(Core(original.core, tmp_path / f"core.{seed}"))
        harms.append(damage(cores[-1], seed, original.walked))
    for core, harm, said in zip(cores, harms, _all(original, *cores), strict=True):
        assert re.search(harm.said, said), f"{core.path.name}, {harm.words}: {said[-2000:]}"


def test_a_file_that_is_no_core_is_said_to_be_none(original: _Original, tmp_path: Path):
    (tmp_path / "core").write_bytes(b"no core")
    assert "no process and no core" in gdb(original, tmp_path / "core", "qemu-block why")


def test_coroutines_that_entered_each_other_in_a_circle(original: _Original, tmp_path: Path):
    script = Path(__file__).with_name("callers.py")
    said = gdb(original, original.core, f"source {script}")
    pointers = [
        (int(words[1]), int(words[2]))
        for it in said.splitlines()
        if len(words := it.split()) == 3 and words[0] == "caller"
    ]
    core = Core(original.core, tmp_path / "core")
    for (place, _), (_, following) in zip(pointers, [*pointers[1:], pointers[0]], strict=True):
        core.write(place, following)
    (said,) = _all(original, core)
    assert "go round" in said
    assert len(traces(said)) >= len(pointers)


def _ask(original: _Original, *expressions: str) -> list[int]:
    """Return numbers from the core file that is whole; ``$bs`` is node slow0."""
    script = f"source {Path(__file__).with_name('node.py')}"
    wanted = [f'printf "is %lu\\n", (unsigned long) ({it})' for it in expressions]
    said = gdb(original, original.core, script, *wanted)
    return [int(it) for it in re.findall(r"^is (\d+)$", said, re.MULTILINE)]


def test_a_bitmap_whose_granularity_is_no_exponent(original: _Original, tmp_path: Path):
    """It was an exponent: of a number that took all memory, or could not be printed."""
    (place,) = _ask(original, "&$bs->dirty_bitmaps.lh_first->bitmap->granularity")
    core = Core(original.core, tmp_path / "core")
    core.overwrite(place, (0x7FFFFFF0).to_bytes(4, "little"))
    (said,) = _all(original, core)
    assert "note: bitmaps of slow0: a granularity of 2^2147483632" in said
    assert '"name": "slow1"' in said


def test_a_job_that_cannot_be_read_takes_nothing_else_with_it(
    original: _Original, tmp_path: Path
):
    place, job = _ask(original, "&jobs.lh_first->driver", "jobs.lh_first")
    core = Core(original.core, tmp_path / "core")
    core.write(place, 8)
    (said,) = _all(original, core)
    assert f"note: job at {hex(job)}: Cannot access memory" in said
    assert " ends here: " not in said
    assert "Job job0 (mirror, ready)" in said
    assert '"name": "slow1"' in said


def test_a_coroutine_whose_stack_is_not_there_is_counted(original: _Original, tmp_path: Path):
    (stack,) = _ask(original, "((CoroutineUContext *) jobs.lh_first->co)->stack")
    core = Core(original.core, tmp_path / "core")
    core.drop(core.at(stack + 4096 + 1))
    (said,) = _all(original, core)
    assert "note: coroutines left out, as their stacks are not there: 1\n" in said


def test_a_stack_that_ends_early_is_said_to_do_so(original: _Original, tmp_path: Path):
    co, stack = _ask(
        original, "jobs.lh_first->co", "((CoroutineUContext *) jobs.lh_first->co)->stack"
    )
    core = Core(original.core, tmp_path / "core")
    core.overwrite(stack + (1 << 20), bytes(4096))  # its last page: a page guards the first
    said = gdb(original, core.path, "qemu-block bt all")
    assert f"note: coroutine {hex(co)}: its stack cannot be read beyond frame #" in said
    assert said.count("note: ") == 1


def test_a_frame_that_returns_to_nowhere_is_the_last(original: _Original, tmp_path: Path):
    (co,) = _ask(original, "jobs.lh_first->co")
    caller = ("up 2", r'printf "is %lu\n", (unsigned long) $sp')
    said = gdb(original, original.core, f"qemu-block select {hex(co)}", *caller)
    (behind,) = re.findall(r"^is (\d+)$", said, re.MULTILINE)
    core = Core(original.core, tmp_path / "core")
    core.write(int(behind) - 8, 0)
    (said,) = _all(original, core)
    assert "Job job0 (mirror, ready)" in said


def test_a_thread_without_registers_does_not_keep_the_frames(
    original: _Original, tmp_path: Path
):
    core = Core(original.core, tmp_path / "core")
    threads = core.threads()
    core.patch(threads[0] - 12, (0x7FFFFFFF).to_bytes(4, "little"))
    said = gdb(original, core.path, "qemu-block why", "thread apply all qemu-block bt all")
    known = [(one.title, one.lines) for one in traces(original.said)]
    found = [(one.title, one.lines) for one in traces(said)]
    assert found == known * len(threads)  # the one without them is selected, too
    assert "its registers are not in the core file" in said


def test_a_name_is_printed_and_not_obeyed(original: _Original, tmp_path: Path):
    (place,) = _ask(original, "&$bs->node_name")
    core = Core(original.core, tmp_path / "core")
    core.overwrite(place, b"\x1b[2J\nnote\0")
    said = gdb(original, core.path, "qemu-block bitmaps", "qemu-block contexts")
    assert r"\x1b[2J\nnote: bitmap0 (recording)" in said
    assert "\x1b" not in said


def test_the_thread_that_crashed_is_not_the_main_loops(start: Start):
    """It is the first in a core file of the kernel's."""
    daemon = start("--object", "iothread,id=aside")
    said = gdb(daemon, daemon.pid, "qemu-block contexts", "info threads")
    number = re.search(r"^iothread aside \(0x\w+, thread (\d+)\)$", said, re.MULTILINE)
    assert number
    lwp = re.search(rf"^[ *]+{number[1]} .*\(LWP (\d+)\)", said, re.MULTILINE)
    assert lwp
    # QEMU's threads block all signals but a few: SIGABRT would stay pending.
    ctypes.CDLL(None).tgkill(daemon.pid, int(lwp[1]), signal.SIGSEGV)
    said = gdb(daemon, daemon.left(), "qemu-block contexts", "info threads")
    main = re.search(r"^main loop \(0x\w+, thread (\d+)\)$", said, re.MULTILINE)
    assert main
    assert re.search(rf"^[ *]+{main[1]} .*\(LWP {daemon.pid}\)", said, re.MULTILINE)
    assert re.search(rf"^\* 1 .*\(LWP {lwp[1]}\)", said, re.MULTILINE)
