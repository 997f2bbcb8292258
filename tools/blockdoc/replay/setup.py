# SPDX-License-Identifier: GPL-2.0-or-later
"""Set up what a conversation presupposes: files, servers, QEMU, bitmaps, limits.

::

    Setup(recording, build) ── args ──────► QEMU's command line
                            ── files ─────► qemu-img, qemu-io
                            ── servers ───► storage daemons
                            ── prepare() ─► bitmaps, internal snapshots, limits, cont
"""

import asyncio
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from blockdoc.errors import AuthorError, QemuError
from blockdoc.example import Machine
from blockdoc.qemu import Build, Sandbox, Session
from blockdoc.qemu.log import Log
from blockdoc.replay.domain import Domain, domain_of
from blockdoc.replay.files import File, Server, files_before, servers_before, servers_started
from blockdoc.replay.known import Known
from blockdoc.replay.nodes import disks_before, nodes_before, objects_before
from blockdoc.replay.places import Places
from blockdoc.replay.recording import Recording
from blockdoc.replay.release import Spoken

__all__ = ["Setup", "make_files", "server_machine"]

#: How long the files may take, in seconds.
LIMIT = 60.0
GRANULARITY = 65536
LIMITS = ("bps", "bps_rd", "bps_wr", "iops", "iops_rd", "iops_wr")
#: What a command may be before the guest runs.
JOB_LIMIT = 30.0


class Setup:
    """What one QEMU of a recording finds when libvirt speaks first."""

    def __init__(
        self, recording: Recording, build: Build, spoken: Spoken, all_of_it: Sequence[Recording]
    ) -> None:
        self._spoken = spoken
        self._started = servers_started(all_of_it)
        self.recording = recording
        self.known = Known(recording)
        self.build = build
        self.domain: Domain = domain_of(recording)
        #: What files are called: another side has some of the same name.
        self.places = Places(recording.side if len(all_of_it) > 1 else "")

    @cached_property
    def nodes(self) -> list[Mapping[str, Any]]:
        """The nodes that are there."""
        return nodes_before(self.known, self.domain)

    @cached_property
    def files(self) -> list[File]:
        """The files that are there."""
        return files_before(self.known, self.nodes)

    @cached_property
    def servers(self) -> list[Server]:
        """The NBD servers that are there."""
        return servers_before(self.known, self.nodes, self._started)

    def is_fresh(self, monitor: int) -> bool:
        """Say whether libvirt has just started this QEMU."""
        first = next((it for it in self.recording.items if it.monitor == monitor), None)
        return first is not None and first.command == "qmp_capabilities"

    def comes_in(self, monitor: int) -> bool:
        """Say whether it waits for a migration."""
        items = (it for it in self.recording.items if it.monitor == monitor)
        return any(it.command == "migrate-incoming" for it in items)

    def machine(self, monitor: int) -> Machine:
        """Return how QEMU is started."""
        waits = ("-incoming", "defer") if self.comes_in(monitor) else ()
        return Machine("system", (*self.words(), *waits), name=self.recording.side)

    def words(self) -> tuple[str, ...]:
        """Return QEMU's command line."""
        return tuple(self._words())

    def _words(self) -> Iterator[str]:
        yield from self.domain.words(self.build, self.places)
        for it in objects_before(self.known, self.domain):
            yield from ("-object", json.dumps(it))
        for it in self.nodes:
            yield from ("-blockdev", json.dumps(self.places.value(it)))
        for it in self._disks():
            yield from ("-device", json.dumps(it))

    def _disks(self, *, plugged: bool = False) -> list[Mapping[str, Any]]:
        """Return the devices of the command line, or those that were plugged in later."""
        return [
            it
            for it in disks_before(self.known, self.domain)
            if (it["id"] not in self.domain.disks) is plugged
        ]

    async def prepare(self, session: Session, monitor: int) -> None:
        """Do over QMP what a command line cannot.

        :raise QemuError: QEMU refuses.
        """
        if self.comes_in(monitor):
            return
        if not monitor:
            await self._bitmaps(session)
            await self._snapshots(session)
        for device in self._disks(plugged=True):
            await session.ask("device_add", **device)
        if not self.is_fresh(monitor):
            await self._as_started(session)
        session.arrived().clear()

    async def _as_started(self, session: Session) -> None:
        """Say what libvirt says to every domain, and let the guest run."""
        for it in self.domain.start:
            if it.arguments.get("id", "") in {"", *self.known.backends}:
                arguments = self._spoken.arguments(it.command, it.arguments)
                await session.ask(it.command, **arguments)
        for device, inserted in self.known.limited.items():
            limits = {key: inserted.get(key, 0) for key in LIMITS}
            await session.ask(
                "block_set_io_throttle", id=device, group=inserted["group"], **limits
            )
        for device in self.known.accessed:
            for line in ("aio_read 0 512", "aio_flush"):
                command = f'qemu-io -d {device} "{line}"'
                await session.ask("human-monitor-command", **{"command-line": command})
        if not self._was_paused():
            await session.ask("cont")
            await asyncio.wait_for(_event(session, "RESUME"), JOB_LIMIT)

    def _was_paused(self) -> bool:
        """Say whether the guest stood still: libvirt lets it run and never stops it first."""
        for it in self.recording.items:
            if it.command in {"cont", "stop"}:
                return it.command == "cont"
        return False

    async def _bitmaps(self, session: Session) -> None:
        for node, facts in self.known.facts_before.items():
            stored = {name for file in self.files for name, _, _ in file.bitmaps}
            for it in facts.get("dirty-bitmaps") or ():
                if "name" not in it or it["name"] in stored:
                    continue
                await session.ask(
                    "block-dirty-bitmap-add",
                    node=node,
                    name=it["name"],
                    granularity=it.get("granularity", GRANULARITY),
                    persistent=it.get("persistent", False),
                    disabled=not it.get("recording", True),
                )

    async def _snapshots(self, session: Session) -> None:
        """Make the internal snapshots that images had, with the state of this guest."""
        by_tag: dict[str, list[str]] = {}
        states: dict[str, str] = {}
        there = {str(it["node-name"]) for it in self.nodes}
        for node, facts in self.known.facts_before.items():
            for it in (facts.get("image") or {}).get("snapshots") or ():
                if node in there and "name" in it:
                    by_tag.setdefault(it["name"], []).append(node)
                    if it.get("vm-state-size"):
                        states[it["name"]] = node
        for tag, nodes in by_tag.items():
            vmstate = states.get(tag, nodes[0])
            more: dict[str, Any] = {"job-id": "replay", "devices": [*nodes]}
            await session.ask("snapshot-save", tag=tag, vmstate=vmstate, **more)
            await asyncio.wait_for(_concluded(session), JOB_LIMIT)
            await session.ask("job-dismiss", id="replay")


async def _event(session: Session, name: str) -> None:
    while not any(it["event"] == name for it in session.arrived()):
        await session.next_event()


async def _concluded(session: Session) -> None:
    """Wait for the job of the set-up.

    :raise QemuError: it failed.
    """
    while True:
        jobs = await session.ask("query-jobs")
        for job in jobs if isinstance(jobs, list) else ():
            if isinstance(job, Mapping) and job["status"] == "concluded":
                if "error" in job:
                    raise QemuError(f"snapshot-save: {job['error']}")
                return
        await asyncio.sleep(0.02)


async def make_files(setup: Setup, sandbox: Sandbox) -> None:
    """Make the files of one side, and those that its servers serve.

    :raise AuthorError: a tool refuses; with its words.
    """
    commands = [it for file in setup.files for it in file.commands(setup.places)]
    commands += [
        ["qemu-img", "create", "-q", "-f", "raw", f"{it.socket}.{number}", str(size)]
        for it in setup.servers
        for number, (_, size) in enumerate(it.exports)
    ]
    lines = []
    for name, *words in commands:
        program = setup.build.command(name) if name.startswith("qemu") else (name,)
        lines.append(shlex.join([*program, *words]) + " >/dev/null")
    with Log.open() as log:
        process = await sandbox.spawn(
            ["/bin/sh", "-ec", "\n".join(lines)], stdout=log.file, stderr=log.file
        )
        try:
            status = await asyncio.wait_for(process.wait(), LIMIT)
        except TimeoutError:
            status = 1
        finally:
            await sandbox.kill(process)
        if status:
            said = " ".join(log.text().split()) or f"status {status}"
            raise AuthorError(f"its images cannot be made: {said}", setup.recording.place)


def server_machine(server: Server) -> Machine:
    """Return the storage daemon that serves NBD."""
    words = ["--nbd-server", f"addr.type=unix,addr.path={server.socket}"]
    for number, (name, _) in enumerate(server.exports):
        node, file = f"served{number}", f"{server.socket}.{number}"
        blockdev = {"driver": "file", "node-name": node, "filename": file}
        export = {"type": "nbd", "id": node, "node-name": node, "name": name, "writable": True}
        words += ["--blockdev", json.dumps(blockdev), "--export", json.dumps(export)]
    return Machine("storage-daemon", tuple(words))
