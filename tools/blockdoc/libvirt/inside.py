# SPDX-License-Identifier: GPL-2.0-or-later
"""Record, in namespaces that are ours alone: ``python -m blockdoc.libvirt.inside``.

::

    for each group: images, domain ── for each operation: graph ── steps ── graph ── JSON
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blockdoc.errors import BlockdocError, QemuError
from blockdoc.libvirt.domain import NAME, Domain
from blockdoc.libvirt.house import OTHER, House, become_init
from blockdoc.libvirt.log import LogReader, Said
from blockdoc.libvirt.operations import GROUPS, Group, Operation, domain_for, lacking
from blockdoc.libvirt.scrub import scrub_text
from blockdoc.libvirt.writing import command_line, conversation, sequence, text_of
from blockdoc.libvirt.xml import FILES

__all__: list[str] = []

LUKS = (
    "qemu-img create -q -f qcow2 --object secret,id=s,data=blockdoc "
    "-o encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10 luks.qcow2 16M"
)
#: The images of every domain.  Each layer has data of its own.
IMAGES = (
    "qemu-img create -q -f qcow2 base.qcow2 64M",
    "qemu-img create -q -f qcow2 -b /images/base.qcow2 -F qcow2 mid.qcow2",
    "qemu-img create -q -f qcow2 -b /images/mid.qcow2 -F qcow2 active.qcow2",
    "qemu-io -c 'write -q -P 1 0 1M' base.qcow2",
    "qemu-io -c 'write -q -P 2 4M 1M' mid.qcow2",
    "qemu-io -c 'write -q -P 3 8M 1M' active.qcow2",
    "qemu-img create -q -f raw data.raw 16M",
    "qemu-img create -q -f raw cd1.iso 16M",
    "qemu-img create -q -f raw cd2.iso 16M",
    "qemu-img create -q -f qcow2 hot.qcow2 16M",
    "qemu-img create -q -f raw sliced.raw 8M",
    "qemu-img create -q -f raw nbd.raw 16M",
    "qemu-img create -q -f qcow2 -o data_file=/images/df.data,data_file_raw=on df.qcow2 16M",
    LUKS,
)
GUEST = "qemu-io -d /machine/peripheral/virtio-disk0/virtio-backend"
GRAPH = """{"execute":"x-debug-query-block-graph"}"""
NODES = """{"execute":"query-named-block-nodes","arguments":{"flat":true}}"""


@dataclass(slots=True)
class _Ear:
    """Hears what one daemon says from one moment on."""

    log: Path
    reader: LogReader = field(default_factory=LogReader)
    offset: int = 0

    def hear(self) -> list[Said]:
        """Return what was said since the last time."""
        if not self.log.exists():
            return []
        with self.log.open("rb") as file:
            file.seek(self.offset)
            piece, newline, _ = file.read().rpartition(b"\n")
        self.offset += len(piece) + len(newline)
        return self.reader.read(piece.decode(errors="replace"))


@dataclass(slots=True)
class _Done:
    """What came of the steps of an operation."""

    #: What the daemon said, and the one that a guest migrates to; a text is a note.
    here: list[Said | str] = field(default_factory=list)
    there: list[Said | str] = field(default_factory=list)
    output: list[str] = field(default_factory=list)
    ok: bool = True


@dataclass(slots=True)
class _Recorder:
    house: House
    out: Path
    #: The first members of every file.
    head: Mapping[str, Any]
    ears: Mapping[str, _Ear]
    #: Names of the operations that are written; the others only prepare them.
    names: Sequence[str]
    failed: list[str] = field(default_factory=list)

    def group(self, group: Group, operations: Sequence[Operation]) -> None:
        """Record operations of a group."""
        house = self.house
        domain = domain_for(group, self.head["qemu"])
        definition = domain.xml("kvm" if self.head["accel"] == "kvm" else "qemu")
        house.empty()
        house.xml("demo.xml", definition)
        house.must("cd /images && " + " && ".join(IMAGES))
        if any(it.migration for it in group.operations):
            house.start_other()
        for step in group.images:
            house.must(_words(step))
        house.must("virsh define /xml/demo.xml")
        if group.started:
            house.must(f"virsh start {NAME}")
        for operation in operations:
            self._operation(operation, domain, definition)

    def clean(self) -> None:
        """Leave nothing of a domain, however far its group has come."""
        self.house.run(f"virsh destroy {NAME}; virsh -c '{OTHER}' destroy {NAME}")
        self.house.run(f"virsh undefine {NAME} --snapshots-metadata --checkpoints-metadata")

    def _operation(self, operation: Operation, domain: Domain, definition: str) -> None:
        house = self.house
        for step in operation.before:
            house.must(_words(step))
        house.settle()
        running = self._running()
        before = {"graph_before": self._ask(GRAPH)} if running else {}
        line = self._line() if running and domain != Domain() else {}
        done = self._do(operation)
        alive = self._running()
        if not done.ok:
            message = f"{operation.name}: {' '.join(' '.join(done.output).split())}"
            if running and not alive:  # and so would the rest of its group
                raise QemuError(f"{message}; the domain is gone")
            self.fail(message)
            return
        if alive and not running:
            line = self._line()
        after = {"graph_after": self._ask(GRAPH), "nodes_after": self._nodes()} if alive else {}
        about = self._about(operation, done, definition)
        self._write(operation.name, about, done.here, {**line, **before, **after})
        if operation.migration:
            self._write(operation.name, {**about, "side": "dst"}, done.there, self._arrived())
        for step in operation.after:
            house.must(_words(step))
        house.settle()

    def _do(self, operation: Operation) -> _Done:
        """Take the steps, and listen."""
        for ear in self.ears.values():  # what was said until now
            ear.hear()
        done = _Done()
        for step in operation.steps:
            client = step.startswith("client ")
            if not step.startswith("virsh "):
                done.here.append(step if client else f"{step} (HMP qemu-io)")
            process = self.house.run(_words(step))
            failed = process.returncode != 0
            done.ok &= not failed
            done.output.append(scrub_text(process.stderr if failed else process.stdout))
            self.house.settle()
            done.here += self.ears["src"].hear()
            done.there += self.ears["dst"].hear()
            if client:
                done.here.append("client done")
        return done

    def fail(self, message: str) -> None:
        """Go on with the next one; the failure is told at the end, too."""
        self.failed.append(message)
        _say(f"failed: {message}")

    def _about(self, operation: Operation, done: _Done, definition: str) -> dict[str, Any]:
        """Return the members that say what was done."""
        lines = [it for it in operation.steps if it.startswith("virsh ")]
        about = {
            **self.head,
            "operation": lines[0] if len(lines) == 1 else lines,
            "ok": done.ok,
        }
        if operation.migration:
            about["side"] = "src"
        if operation.note:
            about["note"] = operation.note
        if operation.files:
            files = {**FILES, "demo.xml": definition}
            about["files"] = {it: files[it] for it in operation.files}
        if any(it.strip() for it in done.output):
            about["output"] = [it.strip("\n") for it in done.output]
        return about

    def _write(
        self,
        name: str,
        about: Mapping[str, Any],
        spoken: Sequence[Said | str],
        seen: Mapping[str, Any],
    ) -> None:
        if self.names and name not in self.names:
            return
        items = conversation(spoken)
        if not any("msg" in it for it in items):
            raise QemuError(f"{name}: nothing was said to QEMU")
        recording = {
            **about,
            "commands": sequence(items, events=False),
            "sequence": sequence(items, events=True),
            **{it: seen[it] for it in seen if it == "cmdline"},
            "conversation": items,
            **{it: seen[it] for it in seen if it != "cmdline"},
        }
        side = f".{about['side']}" if "side" in about else ""
        (self.out / f"{name}{side}.json").write_text(text_of(recording))

    def _running(self) -> bool:
        return self.house.run(f"virsh domstate {NAME}").stdout.strip() in {"running", "paused"}

    def _arrived(self) -> dict[str, Any]:
        """Look at the guest where it went to, and end it."""
        other = f"virsh -c '{OTHER}'"
        seen = {
            **self._line("dst"),
            "graph_after": self._ask(GRAPH, other),
            "nodes_after": self._nodes(other),
        }
        self.house.must(f"{other} destroy {NAME}")
        return seen

    def _line(self, end: str = "") -> dict[str, Any]:
        return {"cmdline": command_line(self.house.command_line(end))}

    def _ask(self, command: str, virsh: str = "virsh") -> Any:  # noqa: ANN401 - JSON
        done = self.house.run(f"{virsh} qemu-monitor-command {NAME} '{command}'")
        if done.returncode:
            raise QemuError(f"QEMU does not answer: {done.stderr.strip()}")
        return json.loads(done.stdout)["return"]

    def _nodes(self, virsh: str = "virsh") -> list[str]:
        return [f"{it['node-name']}:{it['drv']}" for it in self._ask(NODES, virsh)]


def _words(step: str) -> str:
    """Return the line of shell that a step stands for."""
    who, _, words = step.partition(" ")
    if who == "virsh":
        return step
    if who == "guest":
        return f"virsh qemu-monitor-command {NAME} --hmp '{GUEST} \"{words}\"'"
    return words


def main() -> int:
    """Record into a folder; the log of the daemon stays there if something goes wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    become_init()
    try:
        _record(options)
    except BlockdocError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0


def _record(options: argparse.Namespace) -> None:
    house = House(options.root, options.work)
    house.furnish()
    house.start()
    for name, text in FILES.items():
        house.xml(name, text)
    version = house.run("libvirtd --version").stdout.split()[-1]
    qemu = house.run("qemu-system-x86_64 --version").stdout.split()[3]
    kvm = Path("/dev/kvm").exists()
    head = {"libvirt": version, "qemu": qemu, "accel": "kvm" if kvm else "tcg"}
    ears = {"src": _Ear(house.log()), "dst": _Ear(house.log("dst"))}
    recorder = _Recorder(house, options.out, head, ears, options.names)
    lacks = lacking(version)
    for group in GROUPS:
        chosen = [it for it in group.operations if it.name not in lacks]
        wanted = [it for it in chosen if not options.names or it.name in options.names]
        if wanted:
            _say(group.name)
            try:
                recorder.group(group, chosen)
            except QemuError as error:
                recorder.fail(str(error))
            recorder.clean()
    if recorder.failed:
        raise QemuError("; ".join(recorder.failed))


def _say(what: str) -> None:
    sys.stdout.write(f"I: {what}...\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
