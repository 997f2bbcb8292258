# SPDX-License-Identifier: GPL-2.0-or-later
"""Daemons in which something waits for as long as a test needs it to."""

import re
from collections.abc import Callable
from pathlib import Path

from dwarf import Client, Daemon, gdb, until

SIZE = 65536
MEBIBYTE = 1 << 20
NBD = ("--nbd-server", "addr.type=unix,addr.path=nbd.sock")
#: After one request, none for hours.
SLOWLY = {"bps-total": 1}
HOUR = 3600 * 10**9
MILLISECOND = 10**6

Start = Callable[..., Daemon]
Connect = Callable[..., Client]


def throttle(daemon: Daemon, node: str, name: str = "slow") -> None:
    """Put a filter above a node that lets one request through."""
    daemon.ask("object-add", qom_type="throttle-group", id=f"group-{name}", limits=SLOWLY)
    daemon.add(driver="throttle", node_name=name, file=node, throttle_group=f"group-{name}")


def qcow2(daemon: Daemon, name: str, **options: object) -> None:
    """Make an image and add its nodes, `name` and `name`-file."""
    filename = str(daemon.folder / name)
    file = {"driver": "file", "filename": filename, "size": 0}
    daemon.ask("blockdev-create", job_id=name, options=file)
    daemon.concluded(name)
    daemon.add(driver="file", node_name=f"{name}-file", filename=filename)
    image = {"driver": "qcow2", "file": f"{name}-file", "size": MEBIBYTE}
    daemon.ask("blockdev-create", job_id=name, options=image)
    daemon.concluded(name)
    daemon.add(driver="qcow2", node_name=name, **{"file": f"{name}-file", **options})


def export(daemon: Daemon, node: str, name: str = "") -> None:
    """Export a node by NBD."""
    daemon.ask(
        "block-export-add",
        type="nbd",
        id=f"export-{name or node}",
        node_name=node,
        name=name or node,
        writable=True,
    )


def throttled(daemon: Daemon, number: int, what: str = "reads") -> None:
    """Wait until as many requests wait in a throttle group."""
    until(lambda: f"{number} {what} wait" in gdb(daemon, daemon.pid, "qemu-block throttle"))


def three_reads(start: Start, client: Connect) -> Daemon:
    """Start a daemon in which three reads wait below three formats."""
    daemon = start(*NBD)
    daemon.add(driver="null-co", node_name="bottom", size=MEBIBYTE, read_zeroes=True)
    throttle(daemon, "bottom")
    qcow2(daemon, "mid", backing="slow")
    qcow2(daemon, "top", backing="mid")
    export(daemon, "top")
    one = client(daemon, "top")
    for number in range(4):
        one.read(number * SIZE, SIZE)
    assert one.answered(30)  # the first is let through: the others have arrived
    throttled(daemon, 3)
    return daemon


def sleepy(daemon: Daemon) -> None:
    """Add and export node `slow`, whose requests take an hour."""
    daemon.add(driver="null-co", node_name="slow", size=MEBIBYTE, latency_ns=HOUR)
    export(daemon, "slow")


def hang(daemon: Daemon, client: Connect) -> Client:
    """Read from node `slow`."""
    one = client(daemon, "slow")
    one.read(4096, 8192)
    until(lambda: "read of 8 KiB" in gdb(daemon, daemon.pid, "qemu-block requests"))
    return one


def hung(start: Start, client: Connect) -> Daemon:
    """Start a daemon in which a read of node `slow` takes an hour."""
    daemon = start(*NBD)
    sleepy(daemon)
    hang(daemon, client)
    return daemon


def locked(daemon: Daemon, holder: str) -> None:
    """Let a thread, by the name of its event loop, hold job_mutex: a query then waits."""
    said = gdb(daemon, daemon.pid, "qemu-block contexts")
    match = re.search(rf"^{holder} \(0x\w+, thread (\d+)\)$", said, re.MULTILINE)
    assert match, said
    hold = f"source {Path(__file__).with_name('hold.py')}"
    assert "held" in gdb(daemon, daemon.pid, f"set $holder = {match[1]}", hold)
    daemon.send("query-jobs")
