# SPDX-License-Identifier: GPL-2.0-or-later
"""What uses more than an example may is stopped, and why is said."""

import asyncio
import os
import shlex
import sys
from pathlib import Path

import pytest
from blockdoc.errors import BlockdocError, Place, QemuError
from blockdoc.example import Image
from blockdoc.qemu import (
    Build,
    Session,
    make_images,
    open_sandbox,
)
from blockdoc.qemu import limits as limits_module
from blockdoc.qemu import stranger as stranger_module
from blockdoc.qemu import walls as walls_module
from blockdoc.qemu.limits import Limits, kernel_counts_tasks_by_sandbox

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent))

from orphans import adopting_orphans
from sandbox_support import BOARD, SMALL, converse, program


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (
            "i=0; while [ $i -lt 200 ]; do sleep 60 & i=$((i+1)); done; wait",
            "more than 128 processes",
        ),
        (
            "for i in 1 2 3 4 5 6 7 8; do head -c 9000000 /dev/zero >$i; done; sleep 60",
            "files take more than 32 MiB on disk",
        ),
        (
            "exec 3>x; rm x; head -c 90m /dev/zero >&3; sleep 60",
            "files take more than 32 MiB on disk",
        ),
        (
            "head -c 1G /dev/zero | tail -c 900M | sleep 60",  # keeps it: nobody reads
            "uses more than 256 MiB of memory",
        ),
    ],
)
def test_what_uses_too_much_is_stopped_with_a_reason(
    build: Build, script: str, why: str
) -> None:
    _, status, stopped = program(build, script)  # which does not wait for the sleep's end
    assert why in stopped
    assert status


HIDE_MEMORY = """
import os, time
file = os.memfd_create("x")
for _ in range(300):
    os.write(file, bytes(1 << 20))
time.sleep(60)
"""


def test_memory_that_nothing_has_mapped_counts(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = Path(sys.executable).resolve()
    monkeypatch.setattr(walls_module, "_KNOWN", {})
    monkeypatch.setenv("BLOCKDOC_READ", sys.base_prefix)
    _, status, stopped = program(build, shlex.join([str(python), "-SEc", HIDE_MEMORY]))
    assert stopped == "the example uses more than 256 MiB of memory"
    assert status == 128 + 9


#: Makes 300 processes, and says how many are there.
BOMB = """
( i=0; while [ $i -lt 300 ]; do sleep 9 & i=$((i+1)); done )
set -- /proc/[0-9]*; echo $#
"""


@pytest.mark.skipif(not kernel_counts_tasks_by_sandbox(), reason="needs Linux 5.14")
def test_the_kernel_bounds_the_processes_of_who_is_faster_than_we_look(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits_module, "INTERVAL", 60)
    output, _, stopped = program(build, BOMB, Limits(tasks=32))
    assert not stopped
    assert "fork" in output
    assert int(output.split()[-1]) <= 64  # fewer, if another example of this runner still ends


@pytest.mark.skipif(os.geteuid() != 0, reason="for root")
def test_what_has_ended_and_nobody_waits_for_does_not_count_for_ever(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stranger_module, "ENOUGH", 4)
    with adopting_orphans():
        outputs = [program(build, "echo ran", Limits(tasks=8))[0] for _ in range(24)]
    assert outputs == ["ran\n"] * 24


def test_an_endless_loop_is_ended_by_the_kernel(build: Build) -> None:
    _, status, _ = program(build, "while :; do :; done", Limits(time=1))
    assert status in {128 + 9, 128 + 24}


def test_small_file_systems_are_all_that_is_writable_beside_the_folder(build: Build) -> None:
    script = "for d in /tmp /dev/shm; do head -c 100m /dev/zero >$d/x; done"
    output, _, _ = program(build, script, Limits())
    assert output.count("No space left on device") == 2


def test_guest_memory_beyond_the_limit_is_told(build: Build) -> None:
    async def allocate(session: Session) -> None:
        size = 2 << 30
        properties = {"qom-type": "memory-backend-ram", "id": "m", "prealloc": True}
        await session.send({"execute": "object-add", "arguments": {**properties, "size": size}})
        await asyncio.sleep(20)
        await session.ask("query-status")

    async def until_death(session: Session) -> None:
        await asyncio.wait(
            {asyncio.ensure_future(allocate(session)), session._death},  # noqa: SLF001
            return_when=asyncio.FIRST_COMPLETED,
        )
        await session.ask("query-status")

    with pytest.raises(QemuError, match="stopped: the example uses more than 256 MiB"):
        converse(build, BOARD, until_death)


@pytest.mark.parametrize(
    ("size", "options", "data", "message"),
    [
        ("100G", ("preallocation=full",), (), "too large"),
        ("900M", ("preallocation=full",), (), "files take more than 32 MiB on disk"),
        ("64M", (), ("read -v 0 64M",), "prints more than 1 MiB"),
        ("1M", (), ("abort",), r"aborted \(SIGABRT\)"),
    ],
)
def test_an_image_that_takes_too_much_says_so(
    build: Build, size: str, options: tuple[str, ...], data: tuple[str, ...], message: str
) -> None:
    image = Image("a.raw", "raw", size, None, None, options, data, Place("x.md", 3))

    async def make() -> None:
        async with open_sandbox(build, SMALL) as sandbox:
            await make_images([image], build, sandbox)

    with pytest.raises(
        BlockdocError, match=f"^x.md:3: image a.raw cannot be made: .*{message}"
    ):
        asyncio.run(make())
