# SPDX-License-Identifier: GPL-2.0-or-later
"""The nodes and disks that were there, as options of QEMU's command line.

What the domain's own command line says of a node holds if the graph before has it at
the same place.  Of all others the recording tells driver, file and size, or the
permissions in the graph do: a format takes *resize* of its file, a filter does not.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from blockdoc.replay.domain import SECRET, Domain
from blockdoc.replay.known import Known, Link, actions

__all__ = ["THROTTLE", "disks_before", "nodes_before", "objects_before"]

ROLES = ("file", "backing", "data-file")
#: The throttle group of a node whose group nothing names.
THROTTLE = "throttle-replay"
#: A part of a file, in bytes: a raw node of fixed size.
SLICE = 16 << 20
#: Options that name an object, and what it is.
REFERENCES = {
    "throttle-group": "throttle-group",
    "iothread": "iothread",
    "key-secret": "secret",
    "password-secret": "secret",
}
_VIRTIO = re.compile(r"/machine/peripheral/([^/]+)/virtio-backend")
_SCSI = re.compile(r"(?:/machine/peripheral/)?((?:scsi|sata|ide)(\d+)-(\d+)-(\d+)(?:-(\d+))?)")


def nodes_before(known: Known, domain: Domain) -> list[Mapping[str, Any]]:
    """Return the nodes, children first."""
    if known.graph is None:
        return list(domain.nodes.values())
    done: dict[str, Mapping[str, Any]] = {}

    def visit(name: str) -> None:
        if name not in done:
            for link in known.children(name).values():
                if not _is_implied(link):
                    visit(link.child)
            done[name] = _node(name, known, domain)

    for name in known.nodes:
        if not name.startswith("#"):
            visit(name)
    return list(done.values())


def _is_implied(link: Link) -> bool:
    """Say whether QEMU opens a child because the image says so."""
    return link.role == "data-file" and link.child.startswith("#")


def _node(name: str, known: Known, domain: Domain) -> Mapping[str, Any]:
    own = domain.nodes.get(name)
    if own is not None and _same_place(own, name, known, domain):
        return {**own, **_changed(own, known.facts_before.get(name, {}))}
    return _made_up(name, known)


def _changed(own: Mapping[str, Any], facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is otherwise by now: another medium, another mode."""
    changed: dict[str, Any] = {}
    if own.get("driver") == "file" and "file" in facts:
        changed["filename"] = facts["file"]
    if "read-only" in own and "ro" in facts:
        changed["read-only"] = facts["ro"]
    return changed


def _same_place(own: Mapping[str, Any], name: str, known: Known, domain: Domain) -> bool:
    """Say whether a node of the command line is where the graph has one of that name."""
    children = {role: it.child for role, it in known.children(name).items()}
    if children != {role: own[role] for role in ROLES if isinstance(own.get(role), str)}:
        return False
    if known.facts_before.get(name, {}).get("drv", own["driver"]) != own["driver"]:
        return False
    above = {  # of the command line
        other for other, it in domain.nodes.items() if name in (it.get(role) for role in ROLES)
    }
    return bool(above) == any(it.role != "root" for it in known.parents(name))


def _made_up(name: str, known: Known) -> Mapping[str, Any]:
    facts = known.facts_before.get(name, {})
    links = known.children(name)
    driver = facts.get("drv") or known.recording.drivers_after.get(name)
    driver = driver or (_format(links) if links else "file")
    options: dict[str, Any] = {"driver": driver, "node-name": name}
    options |= {role: it.child for role, it in links.items() if not _is_implied(it)}
    options |= _flags(facts)
    if driver == "qcow2":
        options.setdefault("backing", None)
    if driver == "throttle":
        options["throttle-group"] = group_of(known)
    if "detect_zeroes" in facts and facts["detect_zeroes"] != "off":
        options["detect-zeroes"] = facts["detect_zeroes"]
    if driver == "raw" and "resize" not in links["file"].shared:
        options |= {"offset": 0, "size": SLICE}
    if driver == "file":
        options["filename"] = facts.get("file") or f"/images/{name}.img"
    if driver == "nbd":
        options["server"] = {"type": "unix", "path": f"/images/{name}.sock"}
        options["export"] = "export"
    return {**options, **_mode(name, known)}


def _flags(facts: Mapping[str, Any]) -> dict[str, Any]:
    cache = facts.get("cache")
    if not cache:
        return {}
    return {"cache": {key: cache[key] for key in ("direct", "no-flush") if key in cache}}


def _mode(name: str, known: Known) -> Mapping[str, Any]:
    """Say whether a node may be written to."""
    above = known.parents(name)
    told = known.facts_before.get(name, {}).get("ro")
    is_below = not known.children(name) and any(it.role != "root" for it in above)
    if is_below and not told:
        return {"auto-read-only": True, "discard": "unmap"}
    if told is not None:
        return {"read-only": told}
    used = [*known.children(name).values()] or above
    return {"read-only": not any("write" in it.perm for it in used)}


def _format(links: Mapping[str, Link]) -> str:
    """Say what a node is that nothing but the graph tells of."""
    link = links.get("file")
    if link is None or "backing" in links or "data-file" in links:
        return "qcow2"
    if "resize" in link.perm or "write" not in link.perm:
        return "qcow2"
    if "write-unchanged" in link.perm:
        return "copy-on-read"
    return "throttle" if "resize" in link.shared else "raw"


def group_of(known: Known) -> str:
    """Name the throttle group that the conversation changes, if it does."""
    for _, command, arguments in actions(known.recording):
        if command == "qom-set" and arguments.get("property") == "limits":
            return str(arguments["path"]).rsplit("/", 1)[-1]
    return THROTTLE


def objects_before(known: Known, domain: Domain) -> Iterator[Mapping[str, Any]]:
    """Yield the objects that the conversation uses, and that nothing in it makes."""
    there = domain.ids()
    if any(it.get("driver") == "throttle" for it in nodes_before(known, domain)):
        there.add(group_of(known))
        yield {"qom-type": "throttle-group", "id": group_of(known)}
    for item, reply in known.recording.pairs():
        name, limits = "", False
        if item.command == "object-add":
            there.add(str(item.arguments.get("id")))
        elif reply is not None and "error" in reply.message:
            continue
        elif item.command == "object-del":
            name = str(item.arguments.get("id"))
        elif item.command in {"blockdev-add", "device_add"}:
            yield from _named_in(item.arguments, there)
        elif item.command == "qom-set":
            path = str(item.arguments.get("path"))
            limits = item.arguments.get("property") == "limits"
            name = path.rsplit("/", 1)[-1] if limits or "/objects/" in path else ""
        if name and name not in there:
            there.add(name)
            yield _object(name, limits=limits)


def _named_in(arguments: Any, there: set[str]) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401
    """Yield the objects that options refer to; `there` grows by them."""
    if not isinstance(arguments, Mapping):
        return
    for key, value in arguments.items():
        if key in REFERENCES and str(value) not in there:
            there.add(str(value))
            more = {"data": SECRET} if REFERENCES[key] == "secret" else {}
            yield {"qom-type": REFERENCES[key], "id": value, **more}
        yield from _named_in(value, there)


def _object(name: str, *, limits: bool) -> Mapping[str, Any]:
    if limits or name.startswith("throttle"):
        return {"qom-type": "throttle-group", "id": name}
    if name.startswith("iothread"):
        return {"qom-type": "iothread", "id": name}
    return {"qom-type": "secret", "id": name, "data": SECRET}


def disks_before(known: Known, domain: Domain) -> Iterator[Mapping[str, Any]]:
    """Yield the devices that have a drive, or a slot for one.

    Those that the command line does not have were plugged in later, and have to be again:
    a slot that is taken from the start has power, and then the guest must let go.
    """
    if known.is_new or known.graph is None:
        there = {it["node-name"] for it in nodes_before(known, domain)}
        yield from (it for it in domain.disks.values() if it["drive"] in there)
        return
    free = [it for it in domain.buses() if it not in _taken(known, domain)]
    for backend in reversed(known.backends):
        link = known.children(backend).get("root")
        found = next((it for it in domain.disks.values() if _is_of(it, backend)), None)
        device = dict(found) if found else _device(backend, link, free)
        if device:
            device.pop("drive", None)
            yield {**device, "drive": link.child} if link else device


def _taken(known: Known, domain: Domain) -> set[str]:
    """Return the buses of the devices that are there or come."""
    there = (it for it in domain.disks.values() if any(_is_of(it, b) for b in known.backends))
    coming = (it for _, name, it in actions(known.recording) if name == "device_add")
    return domain.taken() | {str(it.get("bus")) for it in (*there, *coming)}


def _is_of(device: Mapping[str, Any], backend: str) -> bool:
    name = device["id"]
    paths = (f"/machine/peripheral/{name}", f"/machine/peripheral/{name}/virtio-backend")
    return backend == name or backend in paths


def _device(backend: str, link: Link | None, free: list[str]) -> dict[str, Any]:
    """Make a device of what its backend is called."""
    shared = {"share-rw": True} if link and "write" in link.shared else {}
    if virtio := _VIRTIO.fullmatch(backend):
        place = {"bus": free.pop(0), "addr": "0x0"} if free else {}
        return {"driver": "virtio-blk-pci", "id": virtio[1], **place, **shared}
    if scsi := _SCSI.fullmatch(backend):
        kind = "hd" if link and "write" in link.perm else "cd"
        if not scsi[1].startswith("scsi"):
            return {"driver": f"ide-{kind}", "id": scsi[1], "bus": f"ide.{scsi[4]}"}
        where = {"bus": f"scsi{scsi[2]}.0", "scsi-id": int(scsi[4]), "lun": int(scsi[5] or 0)}
        return {"driver": f"scsi-{kind}", "id": scsi[1], **where, **shared}
    return {}
