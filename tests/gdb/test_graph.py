# SPDX-License-Identifier: GPL-2.0-or-later
"""The graph that gdb reads is the one that QMP answers."""

import json
import resource
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dwarf import Daemon, Tool, gdb, until
from scenes import (
    MEBIBYTE,
    NBD,
    Connect,
    Start,
    export,
    hang,
    hung,
    sleepy,
    throttle,
    throttled,
)

ASKED = ("query-jobs", "query-block-jobs", "query-block-exports", "query-named-block-nodes")


def _read(daemon: Daemon, target: int | Path) -> dict[str, Any]:
    said = gdb(daemon, target, "qemu-block graph graph.json")
    assert "note:" not in said
    read: dict[str, Any] = json.loads((daemon.folder / "graph.json").read_text())
    return read


def _is_part(ours: Any, theirs: Any) -> bool:  # noqa: ANN401 - JSON
    """Say whether all that gdb tells is what QMP tells; keys with ``x-`` are gdb's own.

    7.2's QMP does not tell whether a node is active.
    """
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(
            _is_part(value, theirs[key])
            for key, value in ours.items()
            if not key.startswith("x-")
            and not (key == "dirty-bitmaps" and not value)
            and not (key == "active" and key not in theirs)
        )
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_is_part, ours, theirs))
    return bool(ours == theirs)


def _check(daemon: Daemon, target: int | Path | None = None) -> dict[str, Any]:
    graph = daemon.ask("x-debug-query-block-graph")
    answers = {command: daemon.ask(command) for command in ASKED}
    read = _read(daemon, target or daemon.pid)
    assert read["x-debug-query-block-graph"] == graph
    for command in ASKED:
        assert _is_part(read[command], answers[command]), command
    return read


def _disks(daemon: Daemon, number: int) -> None:
    """Add as many disks of ten nodes each."""
    for disk in range(number):
        below = f"null{disk}"
        daemon.add(driver="null-co", node_name=below, size=1 << 20)
        for level in range(9):
            name = f"raw{disk}-{level}"
            daemon.add(driver="raw", node_name=name, file=below)
            below = name


@pytest.mark.parametrize("disks", [3, 30, 300])
def test_it_is_equal_at_every_size(start: Start, disks: int):
    daemon = start()
    _disks(daemon, disks)
    read = _check(daemon)
    assert len(read["x-debug-query-block-graph"]["nodes"]) == 10 * disks
    assert _read(daemon, daemon.core()) == read


def test_what_it_takes(start: Start, record_property: Callable[[str, object], None]):
    daemon = start()
    _disks(daemon, 300)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    _read(daemon, daemon.pid)
    took = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    record_property("gdb, 3,000 nodes", f"{took:.2f} s, of which {worked:.2f} s work")
    print(f"\n3,000 nodes: {took:.2f} s in all, {worked:.2f} s of work")  # noqa: T201
    assert worked < 5  # 1.5 s on an idle machine


def test_jobs_exports_bitmaps_and_filters_are_in_it(start: Start):
    daemon = start("--nbd-server", "addr.type=unix,addr.path=nbd.sock")
    for name in ("source", "target", "copy"):
        daemon.add(driver="null-co", node_name=name, size=1 << 20)
    daemon.ask("block-dirty-bitmap-add", node="source", name="bitmap")
    daemon.ask("block-dirty-bitmap-add", node="source", name="off", disabled=True)
    daemon.ask("block-export-add", type="nbd", id="export", node_name="source")
    daemon.ask(
        "blockdev-mirror", job_id="job", device="source", target="target", sync="full", speed=1
    )
    daemon.ask("job-pause", id="job")
    read = _check(daemon)
    assert read["query-jobs"][0]["x-pause-count"] >= 1
    core = daemon.core()
    assert _read(daemon, core)["query-jobs"] == read["query-jobs"]


def test_what_only_a_debugger_sees_in_a_drained_section(start: Start, client: Connect):
    daemon = hung(start, client)
    graph = daemon.ask("x-debug-query-block-graph")
    options = [{"driver": "null-co", "node-name": "slow", "size": MEBIBYTE}]
    daemon.send("blockdev-reopen", options=options)
    read = _until(daemon, lambda it: it["query-named-block-nodes"][0]["x-quiesce-counter"])
    assert read["query-named-block-nodes"][0]["x-in-flight"] >= 1
    assert read["x-debug-query-block-graph"] == graph


def _until(daemon: Daemon, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    found: list[dict[str, Any]] = []

    def look() -> bool:
        found.append(_read(daemon, daemon.pid))
        return holds(found[-1])

    until(look)
    return found[-1]


def test_requests_that_are_queued_in_a_backend(start: Start, client: Connect):
    """A job that creates an image writes by a BlockBackend, step by step."""
    daemon = start(*NBD)
    file = {"driver": "file", "filename": f"{daemon.folder}/new", "size": 0}
    daemon.ask("blockdev-create", job_id="file", options=file)
    daemon.concluded("file")
    daemon.add(driver="file", node_name="new", filename=file["filename"])
    throttle(daemon, "new", "new-slow")
    daemon.add(driver="null-co", node_name="null", size=MEBIBYTE)
    daemon.add(
        driver="throttle", node_name="other", file="null", throttle_group="group-new-slow"
    )
    export(daemon, "other")
    sleepy(daemon)
    first = client(daemon, "other")
    first.read(0, 512)
    assert first.answered(30)  # what the limit lets through: the job's first write waits
    image = {"driver": "qcow2", "file": "new-slow", "size": MEBIBYTE}
    daemon.ask("blockdev-create", job_id="image", options=image)
    throttled(daemon, 1, "writes")
    hang(daemon, client)
    graph = daemon.ask("x-debug-query-block-graph")
    daemon.send("transaction", actions=[])  # drains: what the limit held goes on
    until(lambda: "queued in BlockBackend" in gdb(daemon, daemon.pid, "qemu-block jobs"))
    assert _read(daemon, daemon.pid)["x-debug-query-block-graph"] == graph
    assert _read(daemon, daemon.core())["x-debug-query-block-graph"] == graph


def test_a_request_that_blkdebug_has_suspended(qemu_io: Path, tmp_path: Path):
    (tmp_path / "image").write_bytes(bytes(MEBIBYTE))
    options = "driver=blkdebug,node-name=debug,image.driver=file,image.filename=image"
    with subprocess.Popen(
        [str(qemu_io), "--image-opts", options],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        for command in (b"break pwritev here\n", b"aio_write 4096 8192\n"):
            assert process.stdout.read(9) == b"qemu-io> "
            process.stdin.write(command)
            process.stdin.flush()
        tool = Tool(qemu_io, tmp_path)
        said = ""

        def look() -> bool:
            nonlocal said
            commands = ("qemu-block coroutines", "qemu-block graph graph.json")
            said = gdb(tool, process.pid, *commands)
            return "suspended by blkdebug" in said

        try:
            until(look)
        finally:
            process.kill()
    assert "write of 8 KiB at 4 KiB on debug" in said
    read = json.loads((tmp_path / "graph.json").read_text())
    nodes = {node["node-name"]: node for node in read["query-named-block-nodes"]}
    assert nodes["debug"]["drv"] == "blkdebug"
    assert nodes["debug"]["x-in-flight"] >= 1
