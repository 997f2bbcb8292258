# SPDX-License-Identifier: GPL-2.0-or-later
"""What a coroutine waits for, told from the functions in which it is.

Each way to wait has two parts.  How: a mutex, a queue, a timer, a file descriptor, or
none that is known.  What for: the function that decided to wait.  Both are looked up by
the functions' names, innermost first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

import gdb

from qemublock import nbd, throttle
from qemublock.graph import backend_name

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Wait:
    """Why a coroutine does not go on."""

    #: ``for throttle group tg: reads``
    words: str
    #: Whether it waits for work, and nobody waits for it.
    idle: bool = False
    #: The coroutine that has to go on first, where that is known; else 0.
    behind: int = 0
    #: Whether it waits at all: else `words` say what it does.
    waits: bool = True

    def __str__(self) -> str:
        return f"waits {self.words}" if self.waits else self.words


Say = Callable[[gdb.Frame], str]


def _argument(frame: gdb.Frame, name: str) -> gdb.Value | None:
    """Return an argument or local, if the compiler has kept it."""
    try:
        value = frame.read_var(name)
    except (ValueError, gdb.error):
        return None
    return None if value.is_optimized_out else value


def _throttled(frame: gdb.Frame) -> str:
    member = _argument(frame, "tgm")
    group = "a throttle group"
    if member is not None and int(member["throttle_state"]):
        group = f"throttle group {throttle.words(throttle.group_of(member))}"
    return f"for {group} to let a {_direction(frame)} through"


def _direction(frame: gdb.Frame) -> str:
    """Say what waits in a throttle group: THROTTLE_READ, or a flag in 7.2."""
    direction, is_write = _argument(frame, "direction"), _argument(frame, "is_write")
    if direction is not None:
        return str(direction).rsplit("_", 1)[-1].lower()
    if is_write is not None:
        return "write" if is_write else "read"
    return "request"


def _drained(frame: gdb.Frame) -> str:
    blk = _argument(frame, "blk")
    name = backend_name(blk) if blk is not None else ""
    at = hex(int(blk)) if blk is not None else "?"
    return f"for the end of a drained section: queued in BlockBackend {name or at}"


def _nbd(what: str) -> Say:
    return lambda frame: f"{what} the NBD server{nbd.server(frame)}"


def _tag(frame: gdb.Frame) -> str:
    return "to be resumed: suspended by blkdebug"


def _said(words: str) -> Say:
    return lambda _: words


def _pause(frame: gdb.Frame) -> str:
    """Say whether the job is paused, or its driver has requests to end first."""
    job = _argument(frame, "job")
    if job is not None and job["busy"]:
        return "for its own requests to end, to be paused then"
    return "for its job to be resumed: paused"


#: What is waited for, by the function that waits.
PURPOSES: dict[str, Say] = {
    "throttle_group_co_io_limits_intercept": _throttled,
    "blk_wait_while_drained": _drained,
    "suspend_request": _tag,
    "blkdebug_debug_event": _tag,
    "blkdebug_co_debug_event": _tag,
    "bdrv_wait_serialising_requests_locked": _said("for an overlapping request"),
    "bdrv_co_flush": _said("for a flush that is under way"),
    "bdrv_co_yield_to_drain": _said("for the main loop to begin or end a drained section"),
    "bdrv_graph_co_rdlock": _said("for the graph lock: somebody changes the graph"),
    "handle_dependencies": _said("for a write that allocates in the same cluster"),
    "qcow2_co_process": _said("for a worker thread to compress or encrypt"),
    "mirror_wait_on_conflicts": _said("for the mirror's own request to the same place"),
    "mirror_wait_for_free_in_flight_slot": _said("for one of the mirror's requests to end"),
    "mirror_wait_for_any_operation": _said("for one of the mirror's requests to end"),
    "block_copy_wait_one": _said("for a copy of the same place"),
    "reqlist_wait_one": _said("for a request to the same place"),
    "backup_loop": _said("for the backup's copying to go on"),
    "aio_task_pool_wait_one": _said("for one of its own parallel requests"),
    "aio_task_pool_wait_slot": _said("for one of its own parallel requests"),
    "aio_task_pool_wait_all": _said("for its own parallel requests"),
    "thread_pool_submit_co": _said("for a worker thread: file I/O"),
    "laio_co_submit": _said("for the kernel: Linux AIO"),
    "luring_co_submit": _said("for the kernel: io_uring"),
    "nbd_co_do_establish_connection": _nbd("for the connection to"),
    "nbd_co_establish_connection": _nbd("for the connection to"),
    "nbd_receive_replies": _nbd("for a reply of"),
    "nbd_co_receive_one_chunk": _nbd("for a reply of"),
    "nbd_co_send_request": _nbd("to send a request to"),
    "job_sleep_ns": _said("for its job's next turn: speed limit or pause"),
    "job_pause_point_locked": _pause,
    "job_pause_point": _pause,
    "job_yield": _said("for something to wake its job"),
    "null_co_common": _said("for the latency that null-co was given"),
    "bdrv_driver_preadv": _said("for a driver with callbacks"),
    "bdrv_driver_pwritev": _said("for a driver with callbacks"),
}
#: Waiting for work: nobody waits for them.
IDLE: dict[str, str] = {
    "nbd_receive_request": "for the next request of an NBD client",
    "nbd_co_receive_request": "for the next request of an NBD client",
    "nbd_negotiate": "for an NBD client to say what it wants",
    "vu_message_read": "for the next message of a vhost-user client",
    "monitor_qmp_dispatcher_pop_any": "for the next QMP command",
    "monitor_qmp_dispatcher_co": "for the next QMP command",
}


def wait_of(frames: Iterable[gdb.Frame]) -> Wait:
    """Return what the owner of `frames`, innermost first, waits for."""
    how, behind, last = "", 0, ""
    for frame in frames:
        name = frame.name() or ""
        if name in IDLE:
            return Wait(IDLE[name], idle=True)
        if name in PURPOSES:
            return Wait(" ".join(filter(None, (PURPOSES[name](frame), how))), behind=behind)
        if name in MUTEXES:
            how, behind = (how, behind) if how else _mutex(frame)
        elif name == "qio_channel_yield":
            how = _channel(frame)
        elif name == "qemu_co_sleep" and not how:
            how = "(a timer)"
        elif name not in PLAIN and not last:
            last = name
    return Wait(f"in {last or '?'} {how}".rstrip(), behind=behind)


MUTEXES = ("qemu_co_mutex_lock_slowpath", "qemu_co_mutex_lock")
#: Functions that wait on somebody's behalf and say nothing of what for.
PLAIN = frozenset(
    {
        "qemu_coroutine_switch",
        "qemu_coroutine_yield",
        "qemu_co_queue_wait_impl",
        "qemu_co_sleep",
        "qemu_co_sleep_ns_wakeable",
        "qemu_co_sleep_ns",
        "qio_channel_yield",
        "qemu_co_mutex_lock",
        "qemu_co_mutex_lock_slowpath",
    }
)


def _mutex(frame: gdb.Frame) -> tuple[str, int]:
    mutex = _argument(frame, "mutex")
    if mutex is None:
        return "(a CoMutex)", 0
    holder = int(mutex["holder"])
    return f"(CoMutex {hex(int(mutex))} held by {hex(holder)})", holder


def _channel(frame: gdb.Frame) -> str:
    condition = str(_argument(frame, "condition") or "")
    which = "readable" if "IN" in condition else "writable" if "OUT" in condition else "a"
    return f"({which} socket)"
