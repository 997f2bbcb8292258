# SPDX-License-Identifier: GPL-2.0-or-later
"""What a hostile example can do, and what is said when it is stopped."""

import asyncio
import contextlib
import os
import shlex
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from blockdoc.errors import Place, QemuError
from blockdoc.example import Image
from blockdoc.qemu import (
    Build,
    Sandbox,
    Session,
    make_images,
    open_sandbox,
    walls_of,
)
from blockdoc.qemu import session as session_module
from blockdoc.qemu import walls as walls_module
from blockdoc.qemu.stranger import UID, stranger

sys.path.insert(0, str(Path(__file__).parent))

from sandbox_support import BOARD, DAEMON, converse, program


def adding(node: Mapping[str, Any]) -> Callable[[Session], Awaitable[str]]:
    async def add(session: Session) -> str:
        arguments = {"node-name": "a", **node}
        reply: Any = await session.send({"execute": "blockdev-add", "arguments": arguments})
        return str(reply["error"]["desc"])

    return add


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/shadow", "/root/.bashrc", __file__])
def test_files_of_the_host_are_not_there(build: Build, path: str) -> None:
    node = {"driver": "file", "filename": path, "read-only": True}
    assert "No such file or directory" in converse(build, DAEMON, adding(node))


def test_nothing_is_written_outside(build: Build, tmp_path: Path) -> None:
    script = f"echo x >{tmp_path}/x; echo x >/usr/x; echo x >/x; touch here && pwd; ls"
    output, _, _ = program(build, script)
    assert output.splitlines()[-2:] == ["/example", "here"]
    assert output.count("Read-only file system") == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["kernel/core_pattern", "vm/drop_caches"])
def test_settings_of_the_host_cannot_be_changed(build: Build, name: str) -> None:
    script = f"(: >>/proc/sys/{name}) && echo opened; cat /proc/sys/kernel/ostype"
    output, _, _ = program(build, script)  # opened for writing; nothing would be written
    assert "opened" not in output
    assert output.splitlines()[-1] == "Linux"


@pytest.mark.parametrize("host", ["127.0.0.1", "10.255.255.1"])
def test_the_host_and_the_net_cannot_be_reached(build: Build, host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        node = {"driver": "nbd", "server": {"type": "inet", "host": host, "port": port}}
        said = converse(build, DAEMON, adding(node))
    assert "Connection refused" in said or "Network is unreachable" in said


def test_the_sandbox_has_a_loopback_of_its_own(build: Build) -> None:
    make, serve, ask = (
        shlex.join([*build.command(name), *words])
        for name, *words in (
            ("qemu-img", "create", "-q", "-f", "raw", "x", "1M"),
            ("qemu-nbd", "-t", "-f", "raw", "-p", "10809", "x"),
            ("qemu-img", "info", "nbd://127.0.0.1:10809"),
        )
    )
    output, status, _ = program(build, f"{make}; {serve} & sleep 1; {ask}")
    assert "virtual size: 1 MiB" in output
    assert status == 0


def test_migrate_exec_runs_nothing(build: Build) -> None:
    async def migrate(session: Session) -> object:
        await session.send({"execute": "migrate", "arguments": {"uri": "exec:cat >escaped"}})
        await asyncio.sleep(0.5)
        return await session.ask("query-status")

    with pytest.raises(QemuError, match=r"SIGSYS.*its sandbox forbids"):
        converse(build, BOARD, migrate)


def test_no_process_of_the_host_can_be_seen(build: Build) -> None:
    output, _, _ = program(build, f"kill -9 {os.getpid()}; ls /proc | grep -c '^[0-9]'")
    assert "No such process" in output
    assert int(output.split()[-1]) < 10


def test_what_the_real_root_runs_is_not_root(build: Build) -> None:
    if Path("/proc/self/uid_map").read_text().split() != ["0", "0", "4294967295"]:
        pytest.skip("there is no real root here")
    if os.geteuid() != 0:
        pytest.skip("for root")

    async def owner() -> int:
        async with open_sandbox(build) as sandbox:
            process = await sandbox.spawn(["/bin/sh", "-c", "echo >x"])
            assert await process.wait() == 0
            return (sandbox.folder / "x").stat().st_uid

    assert asyncio.run(owner()) == UID


def test_a_copied_image_can_be_written_to(build: Build) -> None:
    image = Image("b.qcow2", "qcow2", "1M", None, None, (), (), Place("x", 1))
    words = [*build.command("qemu-io"), "-f", "qcow2", "-c", "write 0 64k", "b.qcow2"]

    async def write() -> int:
        async with open_sandbox(build) as sandbox:
            await make_images([image], build, sandbox)
            return await (await sandbox.spawn(words)).wait()

    assert [asyncio.run(write()), asyncio.run(write())] == [0, 0]


@pytest.mark.skipif(os.geteuid() != 0, reason="for root")
def test_root_runs_what_only_root_can_read_as_itself(
    build: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr(walls_module, "_KNOWN", {})
    monkeypatch.setenv("BLOCKDOC_READ", str(tmp_path))
    walls = walls_of(build)
    assert not walls.missing
    assert not walls.stranger
    (tmp_path / "x").write_text("read\n")
    script = f"cat {tmp_path}/x; (: >>/proc/sys/kernel/core_pattern) && echo opened"
    output, _, _ = program(build, script)
    assert output.startswith("read\n")
    assert "opened" not in output


def test_what_stands_around_is_told_alike_by_every_runner(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = repr(walls_of(build))
    monkeypatch.setattr(walls_module, "_KNOWN", {})
    stranger.cache_clear()
    assert repr(walls_of(build)) == told


def test_what_is_freed_is_overwritten(build: Build) -> None:
    assert program(build, "echo $MALLOC_PERTURB_")[:2] == ("165\n", 0)


def test_no_user_namespace_can_be_made(build: Build) -> None:
    walls = walls_of(build)
    if not walls.stranger and "--disable-userns" not in walls.words:
        pytest.skip("bubblewrap is older than 0.8")
    output, status, _ = program(build, "unshare --user echo made")
    assert status
    assert "made" not in output


def test_a_qemu_that_is_stopped_before_its_greeting_is_told_and_ended(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "START_LIMIT", 0.5)
    stop = ("/bin/sh", "-c", "kill -STOP $$")
    monkeypatch.setattr(session_module, "qemu_command", lambda *_: list(stop))

    async def nothing(_: Session) -> None:
        """Say nothing."""

    begin = time.monotonic()
    with pytest.raises(QemuError, match=r"does not start: no greeting within 0.5 s"):
        converse(build, DAEMON, nothing)
    assert time.monotonic() - begin < 5


def test_an_assertion_is_told_before_all_else(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (
        "echo 'qemu: ../block.c:12: f: Assertion `a == b'\"'\"' failed.' >&2; "
        "echo more >&2; kill -ABRT $$"
    )
    monkeypatch.setattr(session_module, "qemu_command", lambda *_: ["/bin/sh", "-c", script])

    async def nothing(_: Session) -> None:
        """Say nothing."""

    with pytest.raises(QemuError) as caught:
        converse(build, DAEMON, nothing)
    first = caught.value.message.splitlines()[0]
    assert first.endswith(
        "QEMU aborted (SIGABRT): ../block.c:12: f: Assertion `a == b' failed."
    )
    assert "qemu: more" in caught.value.message


@contextlib.asynccontextmanager
async def _folder(build: Build) -> AsyncIterator[Sandbox]:
    async with open_sandbox(build) as sandbox:
        yield sandbox


def test_a_copy_of_an_image_is_the_image(build: Build) -> None:
    base = Image("b.qcow2", "qcow2", "1M", None, None, (), ("write -q 0 64k",), Place("x", 1))
    top = Image("t.qcow2", "qcow2", None, "b.qcow2", "qcow2", (), (), Place("x", 2))
    raw = Image("r.raw", "raw", "8M", None, None, (), ("write -q 1M 64k",), Place("x", 3))

    async def make() -> list[tuple[bytes, int]]:
        async with _folder(build) as sandbox:
            await make_images([base, top, raw], build, sandbox)
            files = [sandbox.folder / image.name for image in (base, top, raw)]
            return [(file.read_bytes(), file.stat().st_blocks) for file in files]

    assert asyncio.run(make()) == asyncio.run(make())
