# SPDX-License-Identifier: GPL-2.0-or-later
"""A damaged core gives what can be had, and says what cannot: never a traceback."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cores import Core
from dwarf import Client, Daemon, Tool, gdb, traces
from scenes import three_reads

COMMANDS = (
    *("why", "coroutines", "bt all", "graph", "jobs", "contexts", "requests", "locks"),
    *("bitmaps", "exports", "throttle", "chain top", "report"),
)
#: The longest that all commands may take together, on a machine that does much else.
BOUND = 120


class _Original(Tool):
    """A core file that is whole, and what gdb says of it."""

    core: Path
    said: str


@pytest.fixture(scope="module")
def original(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Original]:
    """Make a core with requests that wait, a job, and a bitmap."""
    folder = tmp_path_factory.mktemp("original")
    daemon = Daemon(program, folder, ("--nbd-server", "addr.type=unix,addr.path=nbd.sock"))
    clients: list[Client] = []

    def connect(*arguments: object) -> Client:
        clients.append(Client(*arguments))  # type: ignore[arg-type]
        return clients[-1]

    try:
        three_reads(lambda *_: daemon, connect)
        made = _Original(program, folder)
        object.__setattr__(made, "core", daemon.core())
        object.__setattr__(made, "said", gdb(daemon, made.core, "qemu-block bt all"))
        yield made
    finally:
        daemon.close()
        for client in clients:
            client.close()


def _all(original: _Original, core: Core) -> str:
    """Run every command on a core file; they end, in time and without a traceback."""
    begin = time.monotonic()
    said = gdb(original, core.path, *(f"qemu-block {command}" for command in COMMANDS))
    assert time.monotonic() - begin < BOUND
    return said


@pytest.mark.parametrize("value", [0, 0x1000, 1 << 47])
def test_without_thread_local_storage_the_frames_are_the_same(
    original: _Original, tmp_path: Path, value: int
):
    core = Core(original.core, tmp_path / "core")
    core.set_fs_base(value)
    said = gdb(original, core.path, "qemu-block bt all")
    assert [one.lines for one in traces(said)] == [one.lines for one in traces(original.said)]


@pytest.mark.parametrize("part", [0.02, 0.2, 0.5, 0.8, 0.99])
def test_what_is_left_of_a_core_that_was_cut_short(
    original: _Original, tmp_path: Path, part: float
):
    core = Core(original.core, tmp_path / "core")
    core.cut(part)
    said = _all(original, core)
    assert "note: " in said or "no process and no core" in said


def test_a_file_that_is_no_core_is_said_to_be_none(original: _Original, tmp_path: Path):
    (tmp_path / "core").write_bytes(b"no core")
    assert "no process and no core" in gdb(original, tmp_path / "core", "qemu-block why")


@pytest.mark.parametrize("seed", range(8))
def test_pointers_that_lead_astray_are_noted(original: _Original, tmp_path: Path, seed: int):
    script = Path(__file__).with_name("lists.py")
    said = gdb(original, original.core, f"source {script}")
    pointers = [int(it.split()[1]) for it in said.splitlines() if it.startswith("pointer ")]
    assert len(pointers) > 50
    choice = random.Random(seed)  # noqa: S311 - the same each time
    core = Core(original.core, tmp_path / "core")
    wrong = (0, 8, 0x4141414141414141, (1 << 64) - 8, core.address(0))
    for pointer in choice.sample(pointers, 6):
        around = (pointer, choice.choice(pointers), pointer & ~0xFF)
        core.write(pointer, choice.choice((*wrong, *around)))
    _all(original, core)


@pytest.mark.parametrize("seed", range(4))
def test_words_that_were_overwritten_at_random(original: _Original, tmp_path: Path, seed: int):
    choice = random.Random(seed)  # noqa: S311 - the same each time
    core = Core(original.core, tmp_path / "core")
    for _ in range(3000):
        value = choice.choice(
            (0, 1, choice.getrandbits(64), core.address(choice.randrange(99)))
        )
        core.write(core.address(choice.randrange(core.words())), value)
    _all(original, core)


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
    said = _all(original, core)
    assert "go round" in said
    assert len(traces(said)) >= len(pointers)
