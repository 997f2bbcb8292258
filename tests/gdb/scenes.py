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
    _three_formats(daemon)
    _three_reads(daemon, client)
    return daemon


def _three_formats(daemon: Daemon) -> None:
    daemon.add(driver="null-co", node_name="bottom", size=MEBIBYTE, read_zeroes=True)
    throttle(daemon, "bottom")
    qcow2(daemon, "mid", backing="slow")
    qcow2(daemon, "top", backing="mid")
    export(daemon, "top")


def _three_reads(daemon: Daemon, client: Connect) -> None:
    one = client(daemon, "top")
    for number in range(4):
        one.read(number * SIZE, SIZE)
    one.flush()  # nothing throttles it: when it is answered, the reads before it have arrived
    for size in (SIZE, 0):
        assert one.answered(30)
        assert one.reply(size) == (0, bytes(size))


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


def everything(start: Start, client: Connect) -> Daemon:
    """Start a daemon that has some of all that the commands show: two and more of most.

    Nothing is drained after the first request: to make an image would wait for the slow
    ones, and to start a job would let those through that are throttled.
    """
    daemon = start(*NBD, "--object", "iothread,id=aside")
    _three_formats(daemon)
    qcow2(daemon, "busy")
    export(daemon, "busy")
    for number in range(2):
        daemon.add(driver="null-co", node_name=f"slow{number}", size=MEBIBYTE, latency_ns=HOUR)
        daemon.add(driver="null-co", node_name=f"target{number}", size=MEBIBYTE)
        for bitmap in range(2):
            name = f"bitmap{bitmap}"
            daemon.ask("block-dirty-bitmap-add", node=f"slow{number}", name=name)
        job = {"device": f"slow{number}", "target": f"target{number}", "sync": "full"}
        daemon.ask("blockdev-mirror", job_id=f"job{number}", **job)
    daemon.add(driver="null-co", node_name="aside", size=MEBIBYTE, latency_ns=HOUR)
    options = {"type": "nbd", "id": "aside", "node_name": "aside", "iothread": "aside"}
    daemon.ask("block-export-add", **options, fixed_iothread=True)
    one = client(daemon, "aside")
    one.read(0, 4096)
    one.read(4096, 4096)
    _three_reads(daemon, client)
    until(lambda: _reads(daemon) == 2)
    return daemon


def _reads(daemon: Daemon) -> int:
    said = gdb(daemon, daemon.pid, "qemu-block requests")
    return len(re.findall("^read of .* on aside", said, re.MULTILINE))
