# SPDX-License-Identifier: GPL-2.0-or-later
"""All coroutines are found, and none that is no more."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from dwarf import Client, Daemon, crash_at, gdb, traces

CLIENTS, EACH = 75, 15
#: Coroutines that serve a burst: each request's, one that receives for each client, QMP's.
BUSY = CLIENTS * EACH + CLIENTS + 1
LIMITS = {"bps-total": 1}  # after one request, none for hours
#: What a search for the structure alone would count.
NAIVE = f"source {Path(__file__).with_name('naive.py')}"

Start = Callable[..., Daemon]
Connect = Callable[..., Client]


def _counts(daemon: Daemon) -> dict[str, int]:
    said = gdb(daemon, daemon.pid, "qemu-block coroutines", NAIVE)
    found = {
        name: int(number) for number, name in re.findall(r"(\d+) (suspended|pooled|new)", said)
    }
    return {**found, "naive": int(said.rsplit("naive ", 1)[1].split()[0])}


def _burst(daemon: Daemon, client: Connect) -> list[Client]:
    clients = [client(daemon, "slow") for _ in range(CLIENTS)]
    for one in clients:
        for number in range(EACH):
            one.read(number * 4096, 4096)
    return clients


def _settled(daemon: Daemon, suspended: int) -> dict[str, int]:
    """Wait until as many are suspended; say what there is then."""
    for _ in range(40):
        counts = _counts(daemon)
        if counts["suspended"] == suspended:
            return counts
    pytest.fail(f"{counts}: {suspended} suspended were expected")


def _slow(start: Start, client: Connect) -> Daemon:
    """Start a daemon that answers no further request."""
    daemon = start("--nbd-server", "addr.type=unix,addr.path=nbd.sock")
    daemon.ask("object-add", qom_type="throttle-group", id="group", limits=LIMITS)
    daemon.add(driver="null-co", node_name="null", size=1 << 20)
    daemon.add(driver="throttle", node_name="slow", file="null", throttle_group="group")
    daemon.ask("block-export-add", type="nbd", id="slow", node_name="slow")
    one = client(daemon, "slow")
    one.read(0, 512)
    assert one.answered(10)  # the limit's first is let through
    one.close()
    return daemon


def test_a_burst_a_pause_and_a_burst_are_counted_right(start: Start, client: Connect):
    daemon = _slow(start, client)
    _settled(daemon, 1)
    clients = _burst(daemon, client)
    first = _settled(daemon, BUSY)
    daemon.ask("qom-set", path="/objects/group", property="limits", value={})
    daemon.ask("transaction", actions=[])  # drains: all go on
    for one in clients:
        one.close()
    between = _settled(daemon, 1)
    assert between["naive"] > between["pooled"] + 1  # freed ones are still in memory
    daemon.ask("qom-set", path="/objects/group", property="limits", value=LIMITS)
    one = client(daemon, "slow")
    one.read(0, 512)
    assert one.answered(10)
    one.close()
    _burst(daemon, client)
    second = _settled(daemon, BUSY)
    assert first.get("new", 0) == second.get("new", 0) == 0
    assert second["naive"] > BUSY + second.get("pooled", 0)  # a search alone is wrong


def test_what_a_backtrace_of_many_takes(start: Start, client: Connect):
    daemon = _slow(start, client)
    _burst(daemon, client)
    _settled(daemon, BUSY)
    said = gdb(
        daemon,
        daemon.pid,
        "python import time",
        "python took = []",
        *["python took.append(time.process_time())", "qemu-block bt all"] * 3,
        "python took.append(time.process_time())",
        "python print('took', *(b - a for a, b in zip(took, took[1:])))",
    )
    assert len(traces(said)) == 3 * BUSY
    each = sorted(float(it) / BUSY for it in said.rsplit("took ", 1)[1].split()[:3])
    print(f"\na coroutine: {', '.join(f'{1000 * it:.2f}' for it in each)} ms")  # noqa: T201
    assert each[1] < 0.003  # on two cores with nothing else to do, 1.3 to 2.1 ms


def test_a_crash_in_a_nested_coroutine_shows_its_callers(start: Start):
    daemon = start()
    for name in ("source", "target"):
        daemon.add(driver="null-co", node_name=name, size=1 << 20, read_zeroes=True)
    core = crash_at(
        daemon,
        "mirror_co_zero",
        lambda: daemon.send(
            "blockdev-mirror", job_id="job", device="source", target="target", sync="full"
        ),
    )
    said = gdb(daemon, core, "qemu-block bt", "qemu-block coroutines")
    nested = traces(said)[0]
    assert "running by thread" in nested.title
    names = iter(nested.functions)
    chain = (
        "mirror_co_zero",
        "coroutine_trampoline",
        "mirror_run",
        "coroutine_trampoline",
        "main",
    )
    assert all(name in names for name in chain), nested.functions
    assert "1 running, 1 in another" in said
