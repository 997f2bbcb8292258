# SPDX-License-Identifier: GPL-2.0-or-later
"""The files that a conversation presupposes, and the commands that make them.

::

    a file node below a format node ──► an image of that format
    a file node alone               ──► a raw one
    blockdev-add, then blockdev-create on it ──► an empty file
    blockdev-add of an image that nothing made ──► an image, as later steps use it

An image is as large as QEMU says it is, and holds as much data as it takes on disk.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from blockdoc.replay.domain import SECRET
from blockdoc.replay.known import Known, actions, adds
from blockdoc.replay.places import Places
from blockdoc.replay.recording import Recording

__all__ = ["File", "Server", "files_before", "servers_before", "servers_started"]

DEFAULT = 64 << 20
#: What an empty qcow2 takes on disk, at most; the rest is data.
EMPTY = 200704
CLUSTER = 1 << 16
MOST_DATA = 8 << 20
FORMATS = ("qcow2", "luks", "qed", "vmdk", "vdi", "vpc", "vhdx")


@dataclass(frozen=True, slots=True)
class File:
    """One file to be made."""

    #: As the recording calls it.
    path: str
    format: str = "raw"
    size: int = DEFAULT
    options: tuple[str, ...] = ()
    backing: str = ""
    backing_format: str = ""
    #: Bytes that are written to it, and where: below it they are read, too.
    data: int = 0
    begin: int = 0
    #: Whether it is encrypted.
    secret: bool = False
    #: Name, granularity and state of the bitmaps that are stored in it.
    bitmaps: tuple[tuple[str, int, bool], ...] = ()
    #: Whether a blockdev-create will make the image.
    empty: bool = False

    def commands(self, places: Places) -> Iterator[list[str]]:
        """Yield the command lines that make it."""
        name = places.file(self.path)
        if self.empty:
            yield ["touch", name]
            return
        key = ["--object", f"secret,id=key,data={SECRET}"] if self.secret else []
        options = [word for it in self.options for word in ("-o", places.value(it))]
        create = ["qemu-img", "create", "-q", "-f", self.format, *key, *options]
        yield [*create, name, str(self.size)]
        if self.data and not self.secret:
            yield [
                "qemu-io",
                "-f",
                self.format,
                "-c",
                f"write -P 1 {self.begin} {self.data}",
                name,
            ]
        if self.backing:
            base = ["-b", places.file(self.backing), "-F", self.backing_format]
            yield ["qemu-img", "rebase", "-q", "-u", "-f", self.format, *base, name]
        for bitmap, granularity, recording in self.bitmaps:
            state = "--enable" if recording else "--disable"
            yield ["qemu-img", "bitmap", "--add", state, "-g", str(granularity), name, bitmap]


@dataclass(frozen=True, slots=True)
class Server:
    """An NBD server that a conversation presupposes."""

    socket: str
    #: Name and size of what it serves.
    exports: tuple[tuple[str, int], ...]


def files_before(known: Known, nodes: list[Mapping[str, Any]]) -> list[File]:
    """Return the files in the order in which they are made."""
    found: dict[str, File] = {}
    for node in nodes:
        _add(found, _file(node, nodes, known))
    for number, node in adds(known.recording):
        if node.get("driver") == "file":
            _add(found, _opened(number, node, known))
    return list(found.values())


def _add(found: dict[str, File], file: File | None) -> None:
    if file is not None:
        found.setdefault(file.path, file)


def _file(node: Mapping[str, Any], nodes: list[Mapping[str, Any]], known: Known) -> File | None:
    """Return the file of a file node."""
    if node.get("driver") != "file":
        return None
    path, name = str(node["filename"]), str(node["node-name"])
    user = next((it for it in nodes if it.get("file") == name), None)
    if user is None:
        return File(path, size=_size(name, known))
    return _image(File(path), user, nodes, known)


def _image(
    file: File, user: Mapping[str, Any], nodes: list[Mapping[str, Any]], known: Known
) -> File:
    """Return the file below the node `user`."""
    name, driver = str(user["node-name"]), str(user["driver"])
    facts = known.image(name)
    size = _size(name, known)
    if driver not in FORMATS:
        end = int(user.get("offset", 0)) + int(user.get("size", 0))
        return replace(file, size=max(size, end))
    encrypted = driver == "luks" or "encrypt" in user or "encrypt" in _specific(facts)
    options = [*_options(driver, known, user, nodes)]
    if encrypted:
        prefix = "" if driver == "luks" else "encrypt."
        options += [f"{prefix}format=luks"] if prefix else []
        options += [f"{prefix}key-secret=key", f"{prefix}iter-time=10"]
    data = _data(name, known)
    below = sum(_data(it, known) for it in _chain(user, nodes))
    backing = str(facts.get("backing-filename") or _backing(user, nodes))
    return replace(
        file,
        format=driver,
        size=size,
        options=tuple(options),
        data=data,
        begin=below if below + data <= size else 0,
        secret=encrypted,
        backing=backing if backing.startswith("/") else "",
        backing_format=str(facts.get("backing-filename-format") or "qcow2"),
        bitmaps=tuple(_stored(facts)),
    )


def _data(name: str, known: Known) -> int:
    """Return how much an image holds, in whole clusters."""
    taken = int(known.image(name).get("actual-size", EMPTY + (1 << 20))) - EMPTY
    return max(0, min(taken, MOST_DATA, _size(name, known))) // CLUSTER * CLUSTER


def _chain(user: Mapping[str, Any], nodes: list[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the names of the images below a node."""
    by_name = {str(it.get("node-name")): it for it in nodes}
    seen: set[str] = set()
    while (name := str(user.get("backing"))) in by_name and name not in seen:
        seen.add(name)
        user = by_name[name]
        if user.get("driver") in FORMATS:
            yield name


def _specific(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (facts.get("format-specific") or {}).get("data") or {}
    return found


def _options(
    driver: str,
    known: Known,
    user: Mapping[str, Any],
    nodes: list[Mapping[str, Any]],
) -> Iterator[str]:
    if driver != "qcow2":
        return
    facts = known.image(str(user["node-name"]))
    specific = _specific(facts)
    yield f"compat={specific.get('compat', '1.1')}"
    if "cluster-size" in facts:
        yield f"cluster_size={facts['cluster-size']}"
    if specific.get("extended-l2"):
        yield "extended_l2=on"
    if specific.get("lazy-refcounts"):
        yield "lazy_refcounts=on"
    data = user.get("data-file")
    there = next((it for it in nodes if it.get("node-name") == data), None) if data else None
    if there:
        yield f"data_file={there['filename']}"
    elif known.has_own_data_file(str(user["node-name"])):
        yield f"data_file=/images/{user['node-name']}.data"


def _backing(user: Mapping[str, Any], nodes: list[Mapping[str, Any]]) -> str:
    """Return the file of the node below, where no one tells what the image says."""
    below = next((it for it in nodes if it.get("node-name") == user.get("backing")), None)
    while below and "filename" not in below:
        name = below.get("file")
        below = next((it for it in nodes if it.get("node-name") == name), None)
    return str(below["filename"]) if below and user.get("backing") else ""


def _stored(facts: Mapping[str, Any]) -> Iterator[tuple[str, int, bool]]:
    for it in _specific(facts).get("bitmaps") or ():
        if "name" in it:
            yield it["name"], int(it.get("granularity", CLUSTER)), "auto" in it.get("flags", ())


def _size(name: str, known: Known) -> int:
    """Return how large a node is."""
    told = known.image(name).get("virtual-size")
    if told is not None:
        return int(told)
    for _, command, arguments in actions(known.recording):
        target = arguments.get("target") or arguments.get("overlay")
        source = arguments.get("device") or arguments.get("node")
        if target == name and source != name and command != "block-dirty-bitmap-merge":
            return int(known.image(str(source)).get("virtual-size", DEFAULT))
    return DEFAULT


def _opened(number: int, node: Mapping[str, Any], known: Known) -> File | None:
    """Return the file that step `number` opens, if it must be there before."""
    path, name = str(node.get("filename", "")), node.get("node-name")
    before = [it for it in actions(known.recording) if it[0] < number]
    for _, command, arguments in before:
        made = arguments.get("options") or {}
        if command == "blockdev-create" and made.get("filename") == path:
            return None
    nodes = [options for _, options in adds(known.recording)]
    for step, command, arguments in actions(known.recording):
        options = arguments.get("options") or {}
        if step < number or name is None:
            continue
        if command == "blockdev-create" and options.get("file") == name:
            return File(path, empty=True)
        if command == "blockdev-add" and arguments.get("file") == name:
            return _image(File(path), arguments, nodes, known)
    return File(path, size=_size(str(name), known))


def servers_before(
    known: Known, nodes: list[Mapping[str, Any]], started: frozenset[str]
) -> list[Server]:
    """Return the NBD servers that are used, and are not among those that are `started`."""
    found: dict[str, dict[str, int]] = {}
    for node in [*nodes, *(options for _, options in adds(known.recording))]:
        if node.get("driver") == "nbd":
            socket = socket_of(node.get("server") or {})
            if socket and socket not in started:
                size = _size(str(node.get("node-name")), known)
                found.setdefault(socket, {})[str(node.get("export", ""))] = size
    return [Server(socket, tuple(exports.items())) for socket, exports in found.items()]


def servers_started(recordings: Sequence[Recording]) -> frozenset[str]:
    """Return the sockets of the NBD servers that conversations start."""
    return frozenset(
        socket_of(arguments.get("addr") or {})
        for recording in recordings
        for _, command, arguments in actions(recording)
        if command == "nbd-server-start"
    )


def socket_of(address: Mapping[str, Any]) -> str:
    """Return the socket of an address, or nothing."""
    said = Places().value(address)
    data = said.get("data", said)
    return str(data.get("path", ""))
