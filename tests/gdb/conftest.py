# SPDX-License-Identifier: GPL-2.0-or-later
"""Daemons to be looked at with gdb: built with debugging information, here or before."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from blockdoc.qemu import find_build
from blockdoc.transcript import Release

sys.path.insert(0, str(Path(__file__).parent))

from dwarf import Client, Daemon, no_attaching, no_cores, without
from relinked import relinked
from scenes import Connect, Start, three_reads

#: The build tree of a QEMU with debugging information; and of one that has a system
#: emulator, of one for aarch64.
BUILD, SYSTEM, AARCH64 = "QEMU_DWARF", "QEMU_DWARF_SYSTEM", "QEMU_DWARF_AARCH64"


def _tree(variable: str) -> Path:
    """Return a build tree; skip without one, or without gdb.  In CI that is an error.

    A system emulator would be a second build, as would another architecture, and CI goes
    without.
    """
    build = os.environ.get(variable)
    if not build or not shutil.which("gdb"):
        why = "no QEMU with debugging information, or no gdb"
        if os.environ.get("CI") and variable == BUILD:
            pytest.fail(f"{why}; CI must not go without: `make dwarf`, and set {variable}")
        pytest.skip(f"{why}; {variable}=DIR names a build tree")
    if why := no_attaching():
        without(why)
    return Path(build).absolute()


@pytest.fixture
def cores() -> None:
    """Skip without core files."""
    if why := no_cores():
        without(why)


@pytest.fixture(scope="session")
def program() -> Path:
    """Return a storage daemon with debugging information."""
    return _tree(BUILD) / "storage-daemon" / "qemu-storage-daemon"


@pytest.fixture(scope="session")
def release(program: Path) -> Release:
    """Return the release of QEMU."""
    return find_build({"QEMU_BUILD": str(program.parents[1])}).release


@pytest.fixture(scope="session")
def sigaltstack(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a storage daemon with coroutines of the other kind: one source differs."""
    return relinked(program, tmp_path_factory.mktemp("sigaltstack"))


@pytest.fixture
def aarch64(monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """Return a storage daemon of another architecture, and what runs it."""
    program = _tree(AARCH64) / "storage-daemon" / "qemu-storage-daemon"
    emulator = shutil.which("qemu-aarch64-static") or shutil.which("qemu-aarch64")
    if not emulator or not (os.environ.get("GDB") or shutil.which("gdb-multiarch")):
        pytest.skip("no qemu-aarch64-static (qemu-user-static), or no gdb-multiarch")
    monkeypatch.setenv("GDB", os.environ.get("GDB", "gdb-multiarch"))
    return program, emulator


@pytest.fixture(scope="session")
def emulator() -> Path:
    """Return a system emulator with debugging information."""
    return _tree(SYSTEM) / f"qemu-system-{os.uname().machine}"


@pytest.fixture(scope="session")
def qemu_io() -> Path:
    """Return a tool that does what it is told to an image, with debugging information."""
    return _tree(BUILD) / "qemu-io"


@pytest.fixture
def start(program: Path, tmp_path: Path) -> Iterator[Start]:
    """Start daemons; end them all."""
    started: list[Daemon] = []

    def begin(*options: str, of: Path = program, by: Sequence[str] = ()) -> Daemon:
        started.append(Daemon(of, tmp_path, options, by))
        return started[-1]

    yield begin
    for daemon in started:
        daemon.close()


@pytest.fixture
def client() -> Iterator[Callable[..., Client]]:
    """Connect NBD clients; hang all up."""
    connected: list[Client] = []

    def connect(*arguments: object) -> Client:
        connected.append(Client(*arguments))  # type: ignore[arg-type]
        return connected[-1]

    yield connect
    for one in connected:
        one.close()


@pytest.fixture
def waiting(start: Start, client: Connect) -> Daemon:
    """Start a daemon in which three reads wait below three formats."""
    return three_reads(start, client)
