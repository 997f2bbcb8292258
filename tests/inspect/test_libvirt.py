# SPDX-License-Identifier: GPL-2.0-or-later
"""Domains: through virsh, through Python's libvirt, and what either may say instead."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from blockdoc.cli import main
from blockdoc.errors import QemuError
from blockdoc.inspect.libvirt import open_domain

VIRSH = """#!{python}
import json, sys
open({log!r}, "a").write(json.dumps(sys.argv[1:]) + "\\n")
asked = json.loads(sys.argv[-1])
if sys.argv[-2] != "demo":
    sys.exit("error: failed to get domain '" + sys.argv[-2] + "'\\nerror: Domain not found")
if asked["execute"] == "x-debug-query-block-graph":
    answer = {{"nodes": [{{"id": 1, "type": "block-driver", "name": "top"}}], "edges": []}}
elif asked["execute"] == "qom-list":
    print(json.dumps({{"error": {{"class": "GenericError", "desc": "no"}}}}))
    sys.exit()
else:
    answer = {{}} if asked["execute"] == "query-version" else []
print(json.dumps({{"return": answer, "id": "libvirt-1"}}))
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a virsh on PATH that writes down how it was called; hide Python's libvirt."""
    log = tmp_path / "log"
    virsh = tmp_path / "virsh"
    virsh.write_text(VIRSH.format(python=sys.executable, log=str(log)))
    virsh.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "libvirt", None)
    return log


def test_a_domain_is_asked_through_virsh(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    uri = "qemu:///session"
    assert main(["graph", "--libvirt", "demo", "--connect", uri]) == 0
    assert "top" in capsys.readouterr().out
    calls = [json.loads(line) for line in log.read_text().splitlines()]
    assert all(it[:3] == ["--connect", uri, "--quiet"] for it in calls)
    assert all(it[3:5] == ["qemu-monitor-command", "demo"] for it in calls)


def test_nothing_but_queries_can_be_sent_through_libvirt(log: Path) -> None:
    domain = open_domain("demo", None, 5)
    with pytest.raises(AssertionError, match="quit is not a query"):
        domain.ask("quit")
    assert not log.exists()


def test_a_domain_that_is_not_there_is_one_line(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert log
    assert main(["graph", "--libvirt", "nobody"]) == 2
    said = capsys.readouterr().err
    words = "domain nobody: failed to get domain 'nobody' Domain not found"
    assert said == f"{words}; virsh list --all tells the names, --connect URI names a libvirt\n"


def test_a_name_that_virsh_would_take_for_an_option_is_refused(log: Path) -> None:
    assert log
    with pytest.raises(QemuError, match="use its UUID"):
        open_domain("--help", None, 1)


def test_without_virsh_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "libvirt", None)
    assert main(["graph", "--libvirt", "demo"]) == 2
    assert "install python3-libvirt or libvirt-clients" in capsys.readouterr().err


def test_pythons_libvirt_is_used_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    class GoneError(Exception):
        pass

    def ask(domain: str, text: str, flags: int) -> str:
        assert (domain, flags) == ("<demo>", 0)
        return json.dumps({"return": json.loads(text)["execute"]})

    def find(name: str) -> str:
        if name != "demo":
            raise GoneError("Domain not found:\nno domain")
        return f"<{name}>"

    asked: list[Any] = []
    connection = SimpleNamespace(lookupByName=find, close=lambda: asked.append("closed"))
    fake = SimpleNamespace(
        libvirtError=GoneError,
        open=lambda uri: asked.append(uri) or connection,
        registerErrorHandler=lambda *_: None,
    )
    monkeypatch.setitem(sys.modules, "libvirt", fake)
    monkeypatch.setitem(sys.modules, "libvirt_qemu", SimpleNamespace(qemuMonitorCommand=ask))
    domain = open_domain("demo", "test:///x", 1)
    assert domain.ask("query-block") == "query-block"
    domain.close()
    assert asked == ["test:///x", "closed"]
    with pytest.raises(QemuError, match=r"^domain other: Domain not found: no domain; virsh"):
        open_domain("other", None, 1)
