# SPDX-License-Identifier: GPL-2.0-or-later
"""Throttle groups: their limits, and who waits in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gdb

from qemublock.lists import elements, static, text

if TYPE_CHECKING:
    from collections.abc import Iterator

#: BucketType of include/qemu/throttle.h, in the words of QAPI's ThrottleLimits.
BUCKETS = ("bps-total", "bps-read", "bps-write", "iops-total", "iops-read", "iops-write")
DIRECTIONS = ("reads", "writes")


def lines() -> Iterator[str]:
    """Yield the groups.

    :raise DamagedError: their list cannot be read.
    """
    for group in groups():
        yield words(group)
        for member in elements(group["head"], "round_robin"):
            yield f"  {_member(member)}"


def groups() -> Iterator[gdb.Value]:
    """Yield the groups themselves.

    :raise DamagedError: their list cannot be read.
    """
    return elements(static("throttle_groups", "throttle-groups.c"), "list")


def limits(group: gdb.Value) -> dict[str, int]:
    """Return a group's limits as QAPI's ThrottleLimits has them."""
    cfg = group["ts"]["cfg"]
    found = {"iops-size": int(cfg["op_size"])}
    for number, name in enumerate(BUCKETS):
        bucket = cfg["buckets"][number]
        found[name] = int(bucket["avg"])
        found[f"{name}-max"] = int(bucket["max"])
        found[f"{name}-max-length"] = int(bucket["burst_length"])
    return found


def words(group: gdb.Value) -> str:
    """Return a group's name and limits."""
    buckets = group["ts"]["cfg"]["buckets"]
    limits = [
        _limit(name, buckets[number])
        for number, name in enumerate(BUCKETS)
        if int(buckets[number]["avg"])
    ]
    return f"{text(group['name'])} ({', '.join(limits) or 'no limit'})"


def group_of(member: gdb.Value) -> gdb.Value:
    """Return the group of a ThrottleGroupMember, which points to a part of it."""
    kind = gdb.lookup_type("ThrottleGroup").pointer()
    state = gdb.Value(0).cast(kind)["ts"].address
    return gdb.Value(int(member["throttle_state"]) - int(state or 0)).cast(kind).dereference()


def _limit(name: str, bucket: gdb.Value) -> str:
    bursts = f", bursts {int(bucket['max'])}" if int(bucket["max"]) else ""
    return f"{name} {int(bucket['avg'])}{bursts}"


def _member(member: gdb.Value) -> str:
    waiting = [
        f"{int(member['pending_reqs'][number])} {what} wait"
        for number, what in enumerate(DIRECTIONS)
        if int(member["pending_reqs"][number])
    ]
    off = int(member["io_limits_disabled"])
    switched = f", limits off ({off} drained sections)" if off else ""
    return f"member {hex(int(member))}: {', '.join(waiting) or 'nobody waits'}{switched}"
