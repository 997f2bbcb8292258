# SPDX-License-Identifier: GPL-2.0-or-later
"""A hang is explained: what is polled for, who keeps it from coming true, and by which rule."""

import os
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from blockdoc.transcript import Release
from cores import Core
from dwarf import GCORE, Daemon, crash_at, gdb, until
from scenes import (
    HOUR,
    MEBIBYTE,
    MILLISECOND,
    NBD,
    Connect,
    Start,
    export,
    hang,
    hung,
    locked,
    sleepy,
    throttle,
    throttled,
)

ROOT = Path(__file__).parents[2]


def _why(daemon: Daemon, target: int | Path | None = None) -> str:
    return gdb(daemon, target or daemon.pid, "qemu-block why")


def _until(daemon: Daemon, *words: str) -> str:
    """Wait until the explanation has these words; return it."""
    said = ""

    def look() -> bool:
        nonlocal said
        said = _why(daemon)
        return all(word in said for word in words)

    try:
        until(look)
    except AssertionError:
        pytest.fail(f"{words} are not in:\n{said}")
    return said


def test_rules_are_the_guides_own():
    text = (ROOT / "tools/gdb/qemublock/rules.py").read_text()
    names: dict[str, dict[str, str]] = {}
    exec(text, names)  # noqa: S102 - our own, and it needs no gdb
    titles = names["TITLES"]
    pages = "".join(page.read_text() for page in ROOT.glob("docs/devel/block/*.md"))
    published = dict(re.findall(r"```\{rule\} (\S+)\n:title: (.*)\n", pages))
    assert titles == {rule: published.get(rule) for rule in titles}
    code = "".join(it.read_text() for it in ROOT.glob("tools/gdb/qemublock/*.py"))
    assert set(re.findall(r"\[([A-Z]+-\d+)\]", code)) == set(titles)


def test_a_drained_section_of_one_node(start: Start, client: Connect, release: Release):
    """The sources of 10.0 drain one node to reopen it, those of 10.2 all nodes."""
    daemon = hung(start, client)
    options = [{"driver": "null-co", "node-name": "slow", "size": MEBIBYTE}]
    daemon.send("blockdev-reopen", options=options)
    said = _until(daemon, "begins a drained section of", "(QMP command blockdev-reopen)")
    one = "begins a drained section of node slow and waits for it" in said
    assert one or release >= Release.parse("10.1")
    assert one or "begins a drained section of all nodes and waits for them" in said
    assert "read of 8 KiB at 4 KiB on slow: waits for the latency that null-co" in said
    assert "[DRAIN-4] A source of activity owes three things" in said


def test_a_drained_section_of_all_nodes(start: Start, client: Connect):
    daemon = hung(start, client)
    daemon.send("transaction", actions=[])
    said = _until(daemon, "begins a drained section of all nodes")
    assert "(QMP command transaction)" in said
    assert "Node slow: in-flight count" in said
    assert "read of 8 KiB at 4 KiB on slow" in said
    assert "[DRAIN-7] Quiesce all, then poll once" in said


def test_requests_that_wait_for_the_same_are_one_line(start: Start, client: Connect):
    daemon = hung(start, client)
    one = client(daemon, "slow")
    for number in range(4):
        one.read(number * 4096, 4096)
    said = _until(daemon, "and 4 more: waits for the latency that null-co was given")
    assert said.count("waits for the latency") == 1


def test_a_job_that_does_not_end_when_cancelled(start: Start):
    """Its requests are made one by one, and each takes a moment.

    The job is started within a drained section, in which there is no limit.  7.2 schedules
    what puts it back (bdrv_drain_invoke), so that the job's first requests may be earlier.
    """
    daemon = start()
    for name in ("null", "target"):
        daemon.add(driver="null-co", node_name=name, size=16 * MEBIBYTE, latency_ns=MILLISECOND)
    throttle(daemon, "null")
    job = {"job_id": "job", "device": "slow", "target": "target", "sync": "full"}
    daemon.ask("blockdev-backup", **job, x_perf={"max-workers": 1})
    _until(daemon, "throttle group group-slow (bps-total 1)")
    daemon.ask("job-cancel", id="job")
    said = _until(daemon, "has been told to cancel, by force [JOB-4]")
    assert "Job job (backup, " in said
    assert "waits for throttle group group-slow (bps-total 1) to let a read through" in said
    assert "[DRAIN-12]" in said
    assert "[JOB-4] job-cancel is not block-job-cancel." in said


def test_the_graph_lock(start: Start, client: Connect):
    daemon = hung(start, client)
    arguments = {"driver": "raw", "node-name": "raw", "file": "slow"}
    daemon.send("blockdev-add", **arguments)
    said = _until(daemon, "slow: waits for the latency")
    if "wants to change the graph" not in said:
        assert "begins a drained section" in said  # releases before 8.0 have no such lock
        return
    assert "(QMP command blockdev-add)" in said
    assert "Graph lock: no writer, 1 reader" in said
    assert "The lock is held by those that do these requests:\n  read of 8 KiB" in said


def _creating(start: Start, client: Connect) -> Daemon:
    """Start a daemon with a job that makes an image when drained, and a read that hangs."""
    daemon = start(*NBD)
    file = {"driver": "file", "filename": f"{daemon.folder}/new", "size": 0}
    daemon.ask("blockdev-create", job_id="file", options=file)
    daemon.concluded("file")
    daemon.add(driver="file", node_name="new", filename=file["filename"])
    throttle(daemon, "new", "new-slow")
    sleepy(daemon)
    image = {"driver": "qcow2", "file": "new-slow", "size": MEBIBYTE}
    daemon.ask("blockdev-create", job_id="image", options=image)
    throttled(daemon, 1, "writes")
    hang(daemon, client)
    return daemon


def test_a_poll_inside_of_a_poll(start: Start, client: Connect, release: Release):
    """A job that goes on while its drain is waited for changes the graph, and waits itself.

    7.2 does so in the job's coroutine: it opens the image (blk_new_open).  The node of the
    image's file is quiesced, so that of the image is, too, for which
    bdrv_do_drained_begin_quiesce() must not be in a coroutine: an assertion fails.
    """
    daemon = _creating(start, client)
    daemon.send("transaction", actions=[])
    if release < Release.parse("8.0"):
        said = _why(daemon, daemon.left())
        assert "begins a drained section of all nodes" in said
        function = "bdrv_do_drained_begin_quiesce"
        assert f"Thread 1 (main loop) has failed an assertion in {function}().\n" in said
        return
    said = _until(daemon, "polling in bdrv_drain_all_begin")
    assert "[AIO-7] When you poll, everything may run." in said


def test_a_coroutine_that_a_poll_runs_does_not_hide_it(
    start: Start, client: Connect, release: Release
):
    daemon = _creating(start, client)
    function = "blk_new_open" if release < Release.parse("8.0") else "blk_co_unref"
    core = crash_at(daemon, function, lambda: daemon.send("transaction", actions=[]))
    said = _why(daemon, core)
    assert "begins a drained section of all nodes" in said
    assert "(QMP command transaction)" in said
    assert "read of 8 KiB at 4 KiB on slow: waits for the latency" in said
    assert re.search(r"^Thread 1 \(main loop\) runs, in \w+\(\)\.$", said, re.MULTILINE), said
    said = gdb(daemon, core, "qemu-block jobs")
    assert re.search(r"^  Its coroutine 0x\w+ runs\.$", said, re.MULTILINE), said


def test_a_crash_in_an_iothread_is_not_taken_for_one_in_the_main_loop(
    start: Start, client: Connect
):
    """The first thread of a core file is the one that crashed; of gcore's, that stopped."""
    daemon = start(*NBD)
    daemon.ask("object-add", qom_type="iothread", id="io0")
    daemon.add(driver="null-co", node_name="null", size=MEBIBYTE)
    words = {"type": "nbd", "id": "export", "node_name": "null", "name": "null"}
    daemon.ask("block-export-add", **words, iothread="io0", fixed_iothread=True)
    one = client(daemon, "null")
    core = crash_at(daemon, "null_co_preadv", lambda: one.read(0, 4096), GCORE)
    said = gdb(daemon, core, "qemu-block why", "qemu-block contexts")
    running = r"^Thread 1 \(iothread io0\) runs, in null_co_preadv\(\)\.$"
    assert re.search(running, said, re.MULTILINE), said
    assert re.search(r"^iothread io0 \(0x\w+, thread 1\)$", said, re.MULTILINE), said
    assert re.search(r"^main loop \(0x\w+, thread [2-9]\)$", said, re.MULTILINE), said


@contextmanager
def _server(path: Path) -> Iterator[None]:
    """Serve NBD: shake hands, and never answer a request."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    connected: list[socket.socket] = []

    def serve() -> None:
        try:
            connected.append(listener.accept()[0])
            _negotiate(connected[-1])
        except OSError:
            return  # the test is over

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for one in connected:
            one.close()
        thread.join()


def _negotiate(one: socket.socket) -> None:
    go, acknowledged, information, unsupported = 7, 1, 3, (1 << 31) + 1
    one.sendall(b"NBDMAGICIHAVEOPT" + struct.pack(">H", 3))
    one.recv(4, socket.MSG_WAITALL)
    while True:
        head = one.recv(16, socket.MSG_WAITALL)
        _, option, size = struct.unpack(">8sII", head)
        if size:
            one.recv(size, socket.MSG_WAITALL)

        def answer(kind: int, data: bytes = b"", option: int = option) -> None:
            one.sendall(struct.pack(">QIII", 0x3E889045565A9, option, kind, len(data)) + data)

        if option != go:
            answer(unsupported)
            continue
        answer(information, struct.pack(">HQH", 0, MEBIBYTE, 1))
        answer(acknowledged)
        return


def test_a_server_that_does_not_answer(start: Start, client: Connect, tmp_path: Path):
    daemon = start(*NBD)
    with _server(tmp_path / "server"):
        server = {"type": "unix", "path": f"{tmp_path}/server"}
        daemon.add(driver="nbd", node_name="remote", server=server, export="")
        export(daemon, "remote")
        client(daemon, "remote").read(4096, 8192)
        said = _until(daemon, "on remote: waits for a reply of the NBD server")
        assert f"the NBD server at {tmp_path}/server (connected)" in said


def _behind(start: Start, client: Connect) -> Daemon:
    """Start a daemon in which one write waits for an overlapping one."""
    daemon = start(*NBD)
    daemon.add(driver="null-co", node_name="slow", size=MEBIBYTE, latency_ns=HOUR)
    daemon.add(driver="blkdebug", node_name="whole", image="slow", align=4096)
    export(daemon, "whole")
    client(daemon, "whole").write(512, bytes(512))
    until(lambda: "serialising" in gdb(daemon, daemon.pid, "qemu-block requests"))
    client(daemon, "whole").write(1024, bytes(512))
    return daemon


def test_who_waits_behind_whom(start: Start, client: Connect):
    daemon = _behind(start, client)
    said = _until(daemon, "waits for an overlapping request")
    assert "write of 4 KiB at 0 on whole: waits for an overlapping request [REQ-2]" in said
    assert re.search(r"behind coroutine 0x\w+, which does a .*: waits for the latency", said)
    assert "deadlock" not in said


def test_a_circle_of_those_who_wait_is_a_deadlock(
    start: Start, client: Connect, tmp_path: Path
):
    daemon = _behind(start, client)
    _until(daemon, "waits for an overlapping request")
    original = daemon.core()
    said = gdb(daemon, original, f"source {Path(__file__).with_name('waiting.py')}")
    requests = [tuple(map(int, it.split()[1:])) for it in said.splitlines() if "request " in it]
    (first,) = (it for it in requests if not it[2])
    (second,) = (it for it in requests if it[2])
    core = Core(original, tmp_path / "changed")
    core.write(first[1], second[0])
    said = _why(daemon, core.path)
    assert "A deadlock: each waits for the next" in said
    assert "[REQ-5] No request to a node from inside a request to the same node." in said


def test_a_loop_that_waits_for_a_mutex_is_said_to_be_blocked(start: Start):
    daemon = start()
    assert "the event loops go on" in _why(daemon)
    daemon.ask("object-add", qom_type="iothread", id="io0")
    locked(daemon, "iothread io0")
    said = _until(daemon, "is blocked")
    assert "No thread polls for a condition of the block layer.\n" in said
    holder = r"thread \d+ \(iothread io0\) holds it, and waits for events\."
    mutex = r"waits for mutex job_mutex \(0x\w+\); "
    blocked = rf"Thread 1 \(main loop\) is blocked: \w+\(\) {mutex}{holder}"
    assert re.search(blocked, said), said
    assert re.search(blocked, _why(daemon, daemon.core()))


def test_a_thread_that_waits_for_itself_is_a_deadlock(start: Start):
    daemon = start()
    locked(daemon, "main loop")
    said = _until(daemon, "is blocked")
    assert re.search(r"job_mutex \(0x\w+\); itself holds it: a deadlock\.", said), said


def test_a_loop_in_a_system_call_serves_nobody(start: Start, tmp_path: Path):
    """To open a pipe for reading takes until somebody writes: as on a server that is gone."""
    daemon = start()
    os.mkfifo(tmp_path / "pipe")
    file = {"driver": "file", "node-name": "pipe", "filename": f"{tmp_path}/pipe"}
    daemon.send("blockdev-add", **file, read_only=True)
    said = _until(daemon, "is in a system call")
    assert re.search(
        r"Thread 1 \(main loop\) is in a system call, \w*open\w*\(\), called", said
    )
    assert "the event loops go on" not in said
