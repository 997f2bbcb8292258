# SPDX-License-Identifier: GPL-2.0-or-later
"""The block graph, in the words of QMP: what its queries would have answered.

The ids and the order are those of x-debug-query-block-graph (bdrv_get_xdbg_block_graph()
in block.c), which counts nodes as it comes across them and puts each in front.  The
other answers hold what can be read without calling QEMU; what only a debugger sees is
under keys that QMP does not have, all of which begin with ``x-``.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, Callable

import gdb

from qemublock.lists import DamagedError, chain, elements, node_name, one_of, static, text
from qemublock.members import Members
from qemublock.memory import string
from qemublock.program import release
from qemublock.qom import device_name
from qemublock.throttle import groups, limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: BLK_PERM_… of include/block/block-common.h, in the order of QAPI's BlockPermission.
PERMISSIONS = (
    (0x1, "consistent-read"),
    (0x2, "write"),
    (0x4, "write-unchanged"),
    (0x8, "resize"),
)
#: is_block_job() in blockjob.c.
BLOCK_JOBS = ("backup", "commit", "mirror", "stream")
#: BDRV_O_RDWR and BDRV_O_INACTIVE of include/block/block-common.h.
RDWR, INACTIVE = 0x2, 0x800
#: What is told of a node.
MEMBERS = (
    *("node_name", "drv", "filename", "open_flags", "encrypted", "total_sectors", "children"),
    *("dirty_bitmaps", "quiesce_counter", "in_flight", "aio_context"),
)

Json = dict[str, Any]


class Graph:
    """What is in the graph now; what could not be read is in `notes`."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._members = Members("BlockDriverState", *MEMBERS)
        self._node_of: dict[int, Json] = {}
        self._driver_of: dict[int, str] = {0: ""}
        self.backends = list(self._all("block_backends", "block-backend.c", "link"))
        self.jobs = list(self._all("jobs", "job.c", "job_list"))
        self.nodes = list(self._all("graph_bdrv_states", "block.c", "node_list"))
        self.exports = list(self._all("block_exports", "export.c", "next"))

    def _all(self, name: str, source: str, link: str) -> Iterator[gdb.Value]:
        with self._noting(name):
            yield from elements(static(name, source), link)

    @contextlib.contextmanager
    def _noting(self, what: str, bs: gdb.Value | None = None) -> Iterator[None]:
        """Go on when a part of `what` cannot be read, and say so; `bs` is the node of it."""
        try:
            yield
        except (DamagedError, gdb.error) as error:
            name = f" {node_name(bs)}" if bs is not None else ""
            self.notes.append(f"{what}{name}: {error}")

    def answers(self) -> Json:
        """Return answers by the names of QMP's commands."""
        return {
            "query-version": _version(),
            "x-debug-query-block-graph": self.graph(),
            "query-named-block-nodes": self._each("node", reversed(self.nodes), self._node),
            "query-block-jobs": self._each("job", self._block_jobs(), self._as_block_job),
            "query-jobs": self._each("job", self.jobs, self._job),
            "query-block-exports": self._each("export", self.exports, self._export),
            "throttle-groups": self._throttle_groups(),
        }

    def _throttle_groups(self) -> Json:
        found: Json = {}
        with self._noting("throttle groups"):
            found.update((text(it["name"]), limits(it)) for it in groups())
        return found

    def _each(
        self, what: str, items: Iterable[gdb.Value], say: Callable[[gdb.Value], Json]
    ) -> list[Json]:
        """Return what `say` says of each; what cannot be read is left out, and noted."""
        found: list[Json] = []
        for item in items:
            with self._noting(f"{what} at {hex(int(item))}"):
                found.append(say(item))
        return found

    def graph(self) -> Json:
        """Return what x-debug-query-block-graph answers."""
        made = _Numbers()
        for blk in self.backends:
            with self._noting(f"BlockBackend at {hex(int(blk))}"):
                made.node(blk, "block-backend", backend_name(blk))
                if int(blk["root"]):
                    made.edge(blk, blk["root"])
        for job in self._block_jobs():
            made.node(job, "block-job", text(job["id"]))
            with self._noting(f"nodes of job {text(job['id'])}"):
                for item in chain(_block_job(job)["nodes"], "next"):
                    made.edge(job, item["data"].cast(_pointer("BdrvChild")))
        edge = _pointer("BdrvChild")
        for bs in self.nodes:
            with self._noting(f"node at {hex(int(bs))}"):
                found = self._read(bs)
                made.node(bs, "block-driver", found["node_name"])
                for child in chain(gdb.Value(found["children"]).cast(edge), "next"):
                    made.edge(bs, child)
        return {"nodes": made.nodes[::-1], "edges": made.edges[::-1]}

    def _block_jobs(self) -> list[gdb.Value]:
        return [job for job in self.jobs if job_type(job) in BLOCK_JOBS]

    def _read(self, bs: gdb.Value) -> Json:
        """Return the MEMBERS of a node, read once."""
        at = int(bs)
        if at not in self._node_of:
            self._node_of[at] = self._members.at(at)
        return self._node_of[at]

    def _node(self, bs: gdb.Value) -> Json:
        found = self._read(bs)
        flags = found["open_flags"]
        if found["drv"] not in self._driver_of:
            self._driver_of[found["drv"]] = driver(bs)
        return {
            "node-name": found["node_name"],
            "drv": self._driver_of[found["drv"]],
            "file": found["filename"],
            "ro": not flags & RDWR,
            "active": not flags & INACTIVE,
            "encrypted": bool(found["encrypted"]),
            "image": {"virtual-size": found["total_sectors"] * 512},
            "dirty-bitmaps": self._bitmaps(bs) if found["dirty_bitmaps"] else [],
            "x-address": int(bs),
            "x-quiesce-counter": found["quiesce_counter"],
            "x-in-flight": found["in_flight"],
            "x-aio-context": found["aio_context"],
        }

    def _bitmaps(self, bs: gdb.Value) -> list[Json]:
        found: list[Json] = []
        with self._noting("bitmaps of", bs):
            found.extend(map(_bitmap, elements(bs["dirty_bitmaps"], "list")))
        return found

    def _job(self, job: gdb.Value) -> Json:
        return {
            "id": text(job["id"]),
            "type": job_type(job),
            "status": one_of(job["status"], "JOB_STATUS_"),
            "current-progress": int(job["progress"]["current"]),
            "total-progress": int(job["progress"]["total"]),
            "x-pause-count": int(job["pause_count"]),
            "x-busy": bool(job["busy"]),
            "x-cancelled": bool(job["cancelled"]),
            "x-coroutine": int(job["co"]),
        }

    def _as_block_job(self, job: gdb.Value) -> Json:
        common = self._job(job)
        block_job = _block_job(job)
        return {
            "device": common["id"],
            "type": common["type"],
            "status": common["status"],
            "offset": common["current-progress"],
            "len": common["total-progress"],
            "io-status": one_of(block_job["iostatus"], "BLOCK_DEVICE_IO_STATUS_"),
            "speed": int(block_job["speed"]),
        }

    def _export(self, export: gdb.Value) -> Json:
        blk = export["blk"]
        root = blk["root"] if int(blk) else blk
        node = node_name(root["bs"]) if int(root) else ""
        return {
            "id": text(export["id"]),
            "type": one_of(export["drv"]["type"], "BLOCK_EXPORT_TYPE_"),
            "node-name": node,
            "shutting-down": not export["user_owned"],
            "x-refcount": int(export["refcount"]),
        }


class _Numbers:
    """Counts nodes as bdrv_get_xdbg_block_graph() does: in the order of first sight."""

    def __init__(self) -> None:
        self.nodes: list[Json] = []
        self.edges: list[Json] = []
        self._numbers: dict[int, int] = {}
        self._child = Members("BdrvChild", "bs", "name", "perm", "shared_perm")

    def _number(self, address: int) -> int:
        return self._numbers.setdefault(address, len(self._numbers) + 1)

    def node(self, pointer: gdb.Value, kind: str, name: str) -> None:
        self.nodes.append({"id": self._number(int(pointer)), "type": kind, "name": name})

    def edge(self, parent: gdb.Value, child: gdb.Value) -> None:
        found = self._child.at(int(child))
        perm, shared = found["perm"], found["shared_perm"]
        self.edges.append(
            {
                "parent": self._number(int(parent)),
                "child": self._number(found["bs"]),
                "name": string(found["name"]) if found["name"] else "",
                "perm": [word for bit, word in reversed(PERMISSIONS) if perm & bit],
                "shared-perm": [word for bit, word in reversed(PERMISSIONS) if shared & bit],
            }
        )


def _version() -> Json:
    """Return what the release says as QMP's query-version does: its numbers."""
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", release())
    numbers = map(int, match.groups()) if match else ()
    return {"qemu": dict(zip(("major", "minor", "micro"), numbers))}


def _bitmap(bitmap: gdb.Value) -> Json:
    """Return what query-named-block-nodes says of a bitmap: nothing of what it has not."""
    name = {"name": text(bitmap["name"])} if int(bitmap["name"]) else {}
    inconsistent = {"inconsistent": True} if bitmap["inconsistent"] else {}
    return {
        **name,
        **inconsistent,
        "granularity": 1 << int(bitmap["bitmap"]["granularity"]),
        "count": int(bitmap["bitmap"]["count"]) << int(bitmap["bitmap"]["granularity"]),
        "recording": not bitmap["disabled"] or bool(int(bitmap["successor"])),
        "busy": bool(bitmap["busy"]),
        "persistent": bool(bitmap["persistent"]),
        "x-readonly": bool(bitmap["readonly"]),
        "x-size": int(bitmap["size"]),
    }


def _pointer(name: str) -> gdb.Type:
    return gdb.lookup_type(name).strip_typedefs().pointer()


def _block_job(job: gdb.Value) -> gdb.Value:
    """Return a job as the BlockJob that it begins."""
    return job.cast(_pointer("BlockJob"))


def backend_name(blk: gdb.Value) -> str:
    """Return what the graph calls a BlockBackend: its name, or its device's."""
    return text(blk["name"]) or (device_name(blk["dev"]) if int(blk["dev"]) else "")


def driver(bs: gdb.Value) -> str:
    """Return the name of a node's driver; empty without one."""
    return text(bs["drv"]["format_name"]) if int(bs["drv"]) else ""


def job_type(job: gdb.Value) -> str:
    """Return a job's type."""
    return one_of(job["driver"]["job_type"], "JOB_TYPE_")
