# SPDX-License-Identifier: GPL-2.0-or-later
"""A damaged core gives what can be had, and says what cannot: never a traceback."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cores import Core
from damages import KINDS, Walked, damage
from dwarf import ENVIRONMENT, QUIET, SCRIPT, Client, Daemon, Tool, debugger, gdb, traces
from scenes import NBD, everything

COMMANDS = (
    *("why", "coroutines", "bt all", "graph", "jobs", "contexts", "requests", "locks"),
    *("bitmaps", "exports", "throttle", "chain top", "report"),
)
#: The longest that all commands may take together, on a machine that does much else.
BOUND = 120
#: gdb's own words, which do not say what could not be had.
BARE = re.compile(r"^note: (Cannot|PC|value|No) ", re.MULTILINE)
#: Which batches of damaged cores are looked at: ``FUZZ_BATCHES=1:50`` takes an hour or two.
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


def _commands(core: Path) -> Iterator[str]:
    """Yield what gdb is to do with one core file, after another: say so, and run all."""
    mark = f"== {core.name}\\n"
    yield f"python gdb.write('{mark}'); gdb.write('{mark}', gdb.STDERR)"
    yield "core-file"
    yield f"core-file {core}"
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
    said, noted = done.stdout.split("== ")[1:], done.stderr.split("== ")[1:]
    assert len(said) == len(cores) + 1
    for core, out, error in zip(cores, said, noted, strict=False):
        assert out.startswith(core.path.name)
        for words_of_python in ("Traceback", "Error occurred in Python", "Python Exception"):
            assert words_of_python not in out + error, f"{core.path.name}: {error}"
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
