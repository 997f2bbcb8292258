# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine: its devices have names, and its guest's memory is not searched."""

import re
from pathlib import Path

import pytest
from dwarf import Daemon, gdb, until
from scenes import HOUR, MEBIBYTE, Connect, Start, export

#: No guest runs; its firmware is empty. QEMU has the memory, which nobody has touched.
MACHINE = (
    *("-accel", "qtest", "-machine", "q35", "-m", "1G", "-bios", "firmware"),
    *("-nodefaults", "-display", "none"),
    *("-object", "iothread,id=io0"),
    *("-blockdev", f"null-co,node-name=slow,size={MEBIBYTE},latency-ns={HOUR}"),
    *("-blockdev", f"null-co,node-name=one,size={MEBIBYTE}"),
    *("-blockdev", f"null-co,node-name=other,size={MEBIBYTE}"),
    *("-device", "virtio-blk-pci,id=disk,drive=one"),  # it reads: a slow one would hang here
    *("-device", "virtio-blk-pci,drive=other,iothread=io0"),
)
#: What is searched for coroutines, in bytes.
SEARCHED = f"source {Path(__file__).with_name('searched.py')}"


@pytest.fixture
def machine(start: Start, client: Connect, emulator: Path, tmp_path: Path) -> Daemon:
    """Start a machine in which a read takes an hour."""
    (tmp_path / "firmware").write_bytes(bytes(65536))
    vm = start(*MACHINE, of=emulator)
    address = {"type": "unix", "data": {"path": "nbd.sock"}}
    vm.ask("nbd-server-start", addr=address)
    export(vm, "slow")
    client(vm, "slow").read(4096, 8192)
    until(lambda: "read of 8 KiB" in gdb(vm, vm.pid, "qemu-block requests"))
    return vm


LOOKS = (
    *("qemu-block graph graph.json", "qemu-block coroutines", "qemu-block bt all"),
    *("qemu-block contexts", "qemu-block why", SEARCHED),
)


def _names(folder: Path) -> list[str]:
    text = (folder / "graph.json").read_text()
    return re.findall(r'"type": "block-backend", "name": "([^"]*)"', text)


def test_a_machine_and_its_core(machine: Daemon):
    told = machine.ask("x-debug-query-block-graph")["nodes"]
    names = [it["name"] for it in told if it["type"] == "block-backend"]
    assert "/machine/peripheral/disk/virtio-backend" in names
    assert any(it.startswith("/machine/peripheral-anon/") for it in names)
    machine.send("transaction", actions=[])  # drains, and waits for the read
    until(lambda: "drained section of all nodes" in gdb(machine, machine.pid, LOOKS[-2]))
    _check(machine, machine.pid, names)
    _check(machine, machine.core(), names)


def _check(machine: Daemon, target: int | Path, names: list[str]) -> None:
    said = gdb(machine, target, *LOOKS)
    assert "note:" not in said, said
    assert _names(machine.folder) == names
    assert "iothread io0 (0x" in said
    assert "null_co_preadv" in said
    assert "read of 8 KiB at 4 KiB on slow: waits for the latency" in said
    match = re.search(r"^searched (\d+)$", said, re.MULTILINE)
    assert match, said
    assert int(match[1]) < 512 * MEBIBYTE  # 1 GiB is the guest's
