# SPDX-License-Identifier: GPL-2.0-or-later
"""Missing programs are installed where that is possible; elsewhere one line says how."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from bootstrap import command, system
from bootstrap.errors import SetupError

QEMU, GRAPHVIZ, BROWSER = (system.NEEDS[name] for name in ("qemu", "graphviz", "browser"))
Tool = Callable[..., Path]


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tool:
    """Return what puts a program on an otherwise empty PATH; each notes its calls in `log`."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("QEMU_BUILD", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    def make(name: str, script: str = "") -> Path:
        path = tmp_path / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/log\n{script}\n')
        path.chmod(0o755)
        return path

    make("env", 'shift; exec "$@"')
    return make


def calls(tmp_path: Path) -> list[str]:
    return (tmp_path / "log").read_text().splitlines() if (tmp_path / "log").exists() else []


def test_what_is_there_is_not_installed(tool: Tool, tmp_path: Path) -> None:
    for name in (*QEMU.programs, "dot", "apt-get"):
        tool(name)
    system.provide([QEMU, GRAPHVIZ])
    assert not calls(tmp_path)


def test_a_qemu_that_is_named_need_not_be_on_path(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool("apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("QEMU_BUILD", "anything")
    system.provide([QEMU])
    assert not calls(tmp_path)


def test_root_installs_after_an_update(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    tool(
        "apt-get", f'case "$*" in *install*) cp=/bin/cp; $cp {tool("x")} {tmp_path}/dot;; esac'
    )
    system.provide([GRAPHVIZ])
    update, install = [it for it in calls(tmp_path) if it.startswith("apt-get")]
    assert update.endswith(" update")
    assert install.endswith(" -y --no-install-recommends install graphviz")


def test_sudo_is_used_if_it_asks_nothing(tool: Tool, tmp_path: Path) -> None:
    tool("apt-get")
    tool("sudo", 'shift; [ "$1" = true ] || exec "$@"')
    with pytest.raises(SetupError):
        system.provide([GRAPHVIZ])
    assert any(it.startswith("apt-get") and it.endswith("graphviz") for it in calls(tmp_path))


def test_a_sudo_that_asks_is_not_used(tool: Tool, tmp_path: Path) -> None:
    tool("apt-get")
    tool("sudo", "exit 1")
    with pytest.raises(SetupError):
        system.provide([GRAPHVIZ])
    assert not any(it.startswith("apt-get") for it in calls(tmp_path))


@pytest.mark.usefixtures("tool")
def test_one_line_says_what_to_install() -> None:
    with pytest.raises(SetupError) as caught:
        system.provide([QEMU, GRAPHVIZ])
    assert str(caught.value) == (
        "QEMU and Graphviz are missing; install "
        "on Debian or Ubuntu: qemu-system-common qemu-system-x86 qemu-utils graphviz; "
        "on Fedora: qemu-img qemu-system-x86-core graphviz; "
        "on Arch: qemu-img qemu-system-x86 qemu-tools graphviz; or set QEMU_BUILD"
    )


@pytest.mark.usefixtures("tool")
def test_a_browser_can_be_done_without(capsys: pytest.CaptureFixture[str]) -> None:
    system.provide([BROWSER])
    assert capsys.readouterr().out.startswith(
        "set-up: Chromium is missing, the browser tests will be skipped; install on Debian"
    )


def test_what_apt_says_is_shown_when_it_fails(
    tool: Tool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    tool("apt-get", "echo E: no network; exit 100")
    assert command.main(["graphviz", "unknown"]) == 1
    with pytest.raises(SetupError):
        system.provide([GRAPHVIZ])
    assert "E: no network\nset-up: apt-get update failed" in capsys.readouterr().err


def test_libraries_to_build_with_are_looked_for(tool: Tool, tmp_path: Path) -> None:
    build = system.NEEDS["build"]
    for name in build.programs:
        tool(name)
    assert not replace(build, headers=("none.h",)).met()
    there = replace(build, headers=())
    assert there.met()
    assert calls(tmp_path)[-1] == f"pkg-config --exists {' '.join(build.libraries)}"
    tool("pkg-config", "exit 1")
    assert not there.met()
