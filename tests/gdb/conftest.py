# SPDX-License-Identifier: GPL-2.0-or-later
"""Daemons to be looked at with gdb: built with debugging information, here or before."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from blockdoc.qemu import find_build
from blockdoc.transcript import Release

sys.path.insert(0, str(Path(__file__).parent))

from dwarf import Client, Daemon, no_attaching, no_cores, without
from scenes import Connect, Start, three_reads

#: The build tree of a QEMU with debugging information; and of one whose coroutines are
#: made with sigaltstack(2), of one that has a system emulator.
BUILD, SIGALTSTACK = "QEMU_DWARF", "QEMU_DWARF_SIGALTSTACK"
SYSTEM = "QEMU_DWARF_SYSTEM"


def _tree(variable: str) -> Path:
    """Return a build tree; skip without one, or without gdb.  In CI that is an error.

    A second kind of coroutines would be a second build, as would a system emulator, and
    CI goes without.
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
def sigaltstack() -> Path:
    """Return a storage daemon with coroutines of the other kind (sigaltstack)."""
    return _tree(SIGALTSTACK) / "storage-daemon" / "qemu-storage-daemon"


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

    def begin(*options: str, of: Path = program) -> Daemon:
        started.append(Daemon(of, tmp_path, options))
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
