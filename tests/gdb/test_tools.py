# SPDX-License-Identifier: GPL-2.0-or-later
"""`blockdoc graph` and `blockdoc crash-report` on a process and on its core file."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from blockdoc.cli import main
from blockdoc.inspect import debugger
from cores import Core
from dwarf import Daemon
from scenes import MEBIBYTE, NBD, Connect, Start, hung, qcow2, throttle

Blockdoc = Callable[..., tuple[int, str, str]]


@pytest.fixture
def blockdoc(capsys: pytest.CaptureFixture[str]) -> Blockdoc:
    """Run the command line: return the status, and what it said."""

    def run(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main([str(word) for word in words])
        return status, *capsys.readouterr()

    return run


def _monitored(start: Start) -> tuple[Daemon, str]:
    """Start a daemon that has a second monitor, and some of everything."""
    socket = "socket,id=second,path=second.sock,server=on,wait=off"
    daemon = start(*NBD, "--chardev", socket, "--monitor", "chardev=second")
    qcow2(daemon, "base")
    throttle(daemon, "base")
    qcow2(daemon, "top", backing="slow")
    daemon.add(driver="null-co", node_name="target", size=MEBIBYTE)
    daemon.ask("block-dirty-bitmap-add", node="top", name="bitmap", granularity=4096)
    daemon.ask("block-export-add", type="nbd", id="export", node_name="top")
    daemon.ask(
        "blockdev-mirror", job_id="job", device="top", target="target", sync="full", speed=1
    )
    daemon.ask("job-pause", id="job")
    return daemon, str(daemon.folder / "second.sock")


def test_it_draws_what_qmp_tells(start: Start, blockdoc: Blockdoc):
    daemon, monitor = _monitored(start)
    for form in ("text", "json", "mermaid", "dot", "svg"):
        drawn = blockdoc("graph", "--qmp", monitor, "--format", form)
        assert drawn[0] == 0
        assert blockdoc("graph", "--pid", daemon.pid, "--format", form) == drawn
    why_not = ("--why-not", "write", "base")
    asked = blockdoc("graph", "--qmp", monitor, *why_not)
    drawn = blockdoc("graph", "--qmp", monitor)
    core = daemon.core()
    of = ("--core", core, "--exe", daemon.program)
    assert blockdoc("graph", *of) == drawn
    assert blockdoc("graph", *of, *why_not) == asked


def test_several_at_once(start: Start, tmp_path: Path, blockdoc: Blockdoc):
    one = start()
    one.add(driver="null-co", node_name="first", size=MEBIBYTE)
    core = one.core().rename(tmp_path / "kept")
    other = start()
    other.add(driver="null-co", node_name="second", size=MEBIBYTE)
    words = ("--core", f"a={core}", "--exe", one.program, "--pid", f"b={other.pid}")
    status, said, _ = blockdoc("graph", *words, "--format", "json")
    assert status == 0
    names = {node["name"] for node in json.loads(said)["nodes"]}
    assert {"a:first", "b:second"} <= names, names


def test_what_is_missing_is_one_line(
    start: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    blockdoc: Blockdoc,
):
    daemon = start()
    core, exe = daemon.core(), daemon.program
    bare = tmp_path / "bare"
    subprocess.run(["strip", "-o", bare, exe], check=True)
    text = tmp_path / "text"
    text.write_text("{}")
    for words, line in (
        (("--core", core), "whose core? --exe FILE names the program"),
        (("--core", core, "--exe", bare), "no debugging information of QEMU"),
        (("--core", core, "--exe", tmp_path / "no"), "no: no such program"),
        (("--core", tmp_path / "no", "--exe", exe), "no: no such core file"),
        (("--core", text, "--exe", exe), "not a core file"),
        (("--pid", "4194305"), "no such process"),
        (("--pid", "x"), "not a process id"),
    ):
        for command in ("graph", "crash-report"):
            if command == "crash-report" and bare in words:
                continue  # it has gdb's own words
            status, said, error = blockdoc(command, *words)
            assert (status, said, error.count("\n")) == (2, "", 1)
            assert line in error
    monkeypatch.setattr(debugger.shutil, "which", lambda _: None)
    assert blockdoc("graph", "--core", core, "--exe", exe)[2] == (
        "no gdb on PATH; install the package gdb\n"
    )


def test_a_report_has_everything(start: Start, client: Connect, blockdoc: Blockdoc):
    daemon = hung(start, client)
    filename = "<script>alert(1)"
    (daemon.folder / filename).write_bytes(bytes(512))
    daemon.add(driver="file", node_name="odd", filename=filename)
    status, text, noted = blockdoc("crash-report", "--pid", daemon.pid)
    assert (status, noted) == (0, "")
    assert daemon.ask("query-jobs") == []  # it goes on
    for part in ("Release:", "read of 8 KiB", "Block graph", "Event loops", "Thread 1", "slow"):
        assert part in text
    core, page = daemon.core(), daemon.folder / "page.html"
    words = ("crash-report", "--core", core, "--exe", daemon.program, "-o", page)
    assert blockdoc(*words) == (0, "", "")
    html = page.read_text()
    for part in ("SIGABRT", "<svg", "read of 8 KiB", "null_co", "Content-Security-Policy"):
        assert part in html
    for outside in (" src=", " href=", "<script", "url(http"):
        assert outside not in html


@pytest.mark.parametrize("part", [0.05, 0.4, 0.9])
def test_a_report_of_a_core_that_was_cut_short(
    start: Start,
    client: Connect,
    tmp_path: Path,
    part: float,
    blockdoc: Blockdoc,
):
    daemon = hung(start, client)
    core = Core(daemon.core(), tmp_path / "short")
    core.cut(part)
    words = ("--core", core.path, "--exe", daemon.program)
    status, text, _ = blockdoc("crash-report", *words)
    assert status == 0
    assert "What could not be read" in text
    assert "Traceback" not in text


def test_a_report_without_symbols_is_gdbs_own(start: Start, tmp_path: Path, blockdoc: Blockdoc):
    daemon = start()
    bare = tmp_path / "bare"
    shutil.copy(daemon.program, bare)
    subprocess.run(["strip", bare], check=True)
    status, text, _ = blockdoc("crash-report", "--core", daemon.core(), "--exe", bare)
    assert status == 0
    assert "no debugging information of QEMU" in text
    assert "SIGABRT" in text
    assert "#1 " in text
