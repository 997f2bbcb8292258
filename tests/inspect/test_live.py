# SPDX-License-Identifier: GPL-2.0-or-later
"""Real QEMUs: what is seen of them, alone, together, busy, and over time."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from blockdoc.cli import main
from blockdoc.inspect.holder import holder
from blockdoc.inspect.player import Player
from blockdoc.inspect.sources import Source, open_looks
from blockdoc.inspect.watch import Recording, follow
from qemus import Client, daemon, program, wait_for

DISK = json.dumps({"driver": "null-co", "node-name": "null", "size": 1 << 20})
RAW = json.dumps({"driver": "raw", "node-name": "top", "file": "null"})


@pytest.fixture
def vm(tmp_path: Path) -> Iterator[Path]:
    """Start a daemon with a small graph."""
    with daemon(tmp_path, "--blockdev", DISK, "--blockdev", RAW) as path:
        yield path


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["graph", *arguments]) == 0
    return capsys.readouterr().out


def test_a_graph_is_drawn_and_reads_back_from_its_dump(
    vm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dump = tmp_path / "dump.json"
    text = output(capsys, "--qmp", str(vm))
    assert "top  raw, 1 MiB" in text
    output(capsys, "--qmp", str(vm), "--format", "json", "-o", str(dump))
    assert output(capsys, "--json", str(dump)) == text
    assert main(["graph", "--diff", str(dump), "--qmp", str(vm)]) == 0
    client = Client(vm)
    client.do("blockdev-add", driver="raw", file="null", **{"node-name": "more"})
    client.close()
    capsys.readouterr()
    assert main(["graph", "--diff", str(dump), "--qmp", str(vm)]) == 1
    assert "added node more: raw, 1 MiB" in capsys.readouterr().out
    assert main(["graph", "--diff", str(dump), "--qmp", str(vm), "--format", "json"]) == 1
    kinds = [it["kind"] for it in json.loads(capsys.readouterr().out)]
    assert set(kinds) == {"added"}


@pytest.mark.parametrize("form", ["text", "json", "mermaid", "dot", "svg"])
def test_two_runs_give_equal_bytes(
    vm: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    one = output(capsys, "--qmp", str(vm), "--format", form)
    assert one == output(capsys, "--qmp", str(vm), "--format", form)


def test_a_png_is_one(vm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output(capsys, "--qmp", str(vm), "--format", "png", "-o", str(tmp_path / "g.png"))
    assert (tmp_path / "g.png").read_bytes().startswith(b"\x89PNG")


def test_colour_is_for_terminals_that_want_it(
    vm: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b" not in output(capsys, "--qmp", str(vm))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert "\x1b[1;34m" in output(capsys, "--qmp", str(vm))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in output(capsys, "--qmp", str(vm))


def test_a_busy_monitor_names_the_process_that_holds_it(
    vm: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "import socket,sys,time\ns=socket.socket(socket.AF_UNIX)\n"
    code += f"s.connect({str(vm)!r}); s.recv(10); print(flush=True); time.sleep(60)"
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert other.stdout
        other.stdout.readline()
        assert main(["graph", "--qmp", str(vm), "--timeout", "0.5"]) == 2
        said = capsys.readouterr().err
    finally:
        other.kill()
        other.wait()
        other.stdout.close()
    assert "no greeting within 0.5 s" in said
    if os.geteuid() == 0:
        assert f"(process {other.pid})" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="of other users' processes only root is told")
def test_the_holder_is_found_whatever_path_leads_to_the_monitor(
    vm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x").mkdir()
    with socket.socket(socket.AF_UNIX) as mine:
        mine.connect(str(vm))
        assert holder(str(vm)) == ""  # we ourselves
    code = "import socket,sys,time\ns=socket.socket(socket.AF_UNIX)\n"
    code += f"s.connect({str(vm)!r}); s.recv(10); print(flush=True); time.sleep(60)"
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert other.stdout
        other.stdout.readline()
        path = str(tmp_path / "x" / ".." / vm.name)
        assert f"(process {other.pid})" in holder(path)
        assert main(["graph", "--qmp", path, "--timeout", "0.3"]) == 2
        assert f"(process {other.pid})" in capsys.readouterr().err
    finally:
        other.kill()
        other.wait()
        assert other.stdout
        other.stdout.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="of other users' processes only root is told")
def test_the_holder_of_a_port_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    more = ["--chardev", f"socket,id=tcp,host=127.0.0.1,port={port},server=on,wait=off"]
    code = f"import socket,time\ns=socket.create_connection(('127.0.0.1',{port}))\n"
    code += "s.recv(10); print(flush=True); time.sleep(60)"
    with daemon(tmp_path, *more, "--monitor", "chardev=tcp"):
        other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        try:
            assert other.stdout
            other.stdout.readline()
            assert main(["graph", "--qmp", f"localhost:{port}", "--timeout", "0.3"]) == 2
        finally:
            other.kill()
            other.wait()
            assert other.stdout
            other.stdout.close()
    assert f"it serves {Path(sys.executable).name[:6]}" in (said := capsys.readouterr().err)
    assert f"(process {other.pid})" in said


def test_an_inherited_connection_is_used(vm: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket(socket.AF_UNIX) as mine:
        mine.connect(str(vm))
        assert "top  raw" in output(capsys, "--qmp", f"fd:{mine.fileno()}")


def test_two_machines_are_joined_by_nbd(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    address = f"addr.type=unix,addr.path={tmp_path}/nbd.sock"
    serving = ["--nbd-server", address, "--export", "nbd,id=exp0,node-name=null,writable=on"]
    remote = (
        f"nbd,node-name=remote,server.type=unix,server.path={tmp_path}/nbd.sock,export=null"
    )
    with (
        daemon(folders[0], "--blockdev", DISK, *serving) as dst,
        daemon(folders[1], "--blockdev", remote) as src,
    ):
        text = output(capsys, "--qmp", f"src={src}", f"dst={dst}")
    assert "src:remote" in text
    assert "other process  dst:exp0" in text


def job(client: Client) -> dict[str, Any]:
    found = client.do("query-jobs")
    return found[0] if found else {}


def test_a_mirror_is_followed_from_creation_to_pivot(tmp_path: Path) -> None:  # noqa: PLR0915 - one story
    """Every event is in the timeline, and a frame for every graph that lasts two polls."""
    image = program("qemu-img")
    for name in ("src", "dst"):
        command = [image, "create", "-q", "-f", "qcow2", f"{name}.qcow2", "8M"]
        subprocess.run(command, cwd=tmp_path, check=True)
    fill = ["-c", "write -q -P 1 0 8M", "src.qcow2"]
    subprocess.run([program("qemu-io"), *fill], cwd=tmp_path, check=True)
    second = ["--chardev", "socket,id=two,path=two.sock,server=on,wait=off"]
    disks = [
        json.dumps(
            {
                "driver": "qcow2",
                "node-name": it,
                "file": {"driver": "file", "filename": f"{it}.qcow2"},
            }
        )
        for it in ("src", "dst")
    ]
    arguments = [*second, "--monitor", "chardev=two"]
    for disk in disks:
        arguments += ["--blockdev", disk]
    arguments += ["--nbd-server", "addr.type=unix,addr.path=nbd.sock"]
    arguments += ["--export", "nbd,id=exp,node-name=src,writable=on"]
    with daemon(tmp_path, *arguments) as path:
        wait_for((tmp_path / "two.sock").exists)
        client = Client(tmp_path / "two.sock")
        recording = Recording()
        stop = threading.Event()

        def watch() -> None:
            with open_looks([Source("qmp", str(path))], None, 5) as looks:
                for _ in follow(looks, 0.05, 60, recording, threading.Lock()):
                    if stop.is_set():
                        return

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            wait_for(lambda: bool(recording.frames))
            more = {"job-id": "m0", "sync": "full", "auto-dismiss": False, "speed": 1 << 22}
            client.do(
                "blockdev-mirror",
                device="src",
                target="dst",
                **more,
                **{"filter-node-name": "mirror-top"},
            )
            wait_for(lambda: len(recording.frames) >= 2)
            client.do("block-job-set-speed", device="m0", speed=0)
            wait_for(lambda: job(client).get("status") == "ready")
            time.sleep(0.4)
            client.do("job-complete", id="m0")
            wait_for(lambda: job(client).get("status") == "concluded")
            time.sleep(0.4)
            client.do("job-dismiss", id="m0")
            wait_for(
                lambda: recording.events[-1:] != [] and "null" in recording.events[-1].about
            )
            time.sleep(0.4)
        finally:
            stop.set()
            thread.join(10)
            client.close()
    status = [
        it.about.split("status ")[1]
        for it in recording.events
        if it.name == "JOB_STATUS_CHANGE"
    ]
    assert [it for it in status if it not in {"standby", "paused"}] == [
        "created",
        "running",
        "ready",
        "waiting",
        "pending",
        "concluded",
        "null",
    ]
    names = [{node.name for node in frame.picture.graph.nodes} for frame in recording.frames]
    assert "mirror-top" not in names[0]
    assert "mirror-top" in set.union(*names[1:-1])
    assert "m0" in set.union(*names[1:-1])
    assert "mirror-top" not in names[-1]
    top = [it.child for it in recording.frames[-1].picture.graph.edges if it.role == "root"]
    assert top == ["n_dst"]
    page = Player(recording).page(live=False)
    assert page.count('"number":') == len(recording.frames)


def test_watching_ends_with_its_qemu_and_keeps_what_it_saw(tmp_path: Path) -> None:
    folder = tmp_path / "vm"
    folder.mkdir()
    saved = tmp_path / "saved.html"
    with daemon(folder, "--blockdev", DISK) as path:
        command = [sys.executable, "-m", "blockdoc.cli", "graph", "--qmp", str(path), "--watch"]
        command += ["--interval", "0.1", "--save", str(saved)]
        watching = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert watching.stdout
        while "null" not in watching.stdout.readline():
            pass
    _, err = watching.communicate(timeout=20)
    assert watching.returncode == 0
    assert "it hung up" in err
    assert "<!doctype html>" in saved.read_text()


def test_a_page_is_served_while_it_watches(vm: Path) -> None:
    command = [sys.executable, "-m", "blockdoc.cli", "graph", "--qmp", str(vm), "--watch"]
    watching = subprocess.Popen(
        [*command, "--serve", "--for", "20"], stderr=subprocess.PIPE, text=True
    )
    assert watching.stderr
    address = watching.stderr.readline().strip()
    try:
        assert address.startswith("http://127.0.0.1:")
        with urlopen(address, timeout=10) as page:  # noqa: S310 - ours, on the loopback
            assert b"Block graph over time" in page.read()
    finally:
        watching.send_signal(signal.SIGINT)
        watching.communicate(timeout=20)
    assert watching.returncode == 0
