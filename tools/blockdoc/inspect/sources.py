# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a graph comes from: a monitor, a domain, a file.

Until QEMU has been asked nothing is imported that takes time: no pathlib, no dataclasses.

==================  ==================================================================
``PATH``            a unix socket
``HOST:PORT``       a TCP socket; ``[::1]:4444`` for IPv6
``fd:N``            a connection that was inherited
a core file, a pid  looked at with gdb (`blockdoc.inspect.debugger`)
``LABEL=…``         any of these, or a file, with the label of its machine
==================  ==================================================================
"""

import os
import re
import socket
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple

from blockdoc.errors import AuthorError, QemuError
from blockdoc.inspect.capture import Look
from blockdoc.inspect.monitor import Monitor

if TYPE_CHECKING:
    from blockdoc.inspect.libvirt import Domain

__all__ = ["LIVE", "Looks", "Source", "connect", "open_looks", "sources"]

#: What a word of the command line may name.
Kind = Literal["qmp", "libvirt", "json", "core", "pid"]
#: Those that answer more than once.
LIVE = ("qmp", "libvirt")
_LABEL = r"(?s)([A-Za-z0-9_.-]+)=(.+)"
_LAST_PORT = 65535
_TCP = r"(?:\[([^\]]*)\]|([^:/]*)):([0-9]{1,5})"


#: Running QEMUs by label: whom to ask, and the picture to take.
Looks = Mapping[str, tuple["Monitor | Domain", Look]]


class Source(NamedTuple):
    """One place that a graph comes from."""

    kind: Kind
    address: str
    label: str = ""
    #: Of a core file or a process: the program's file; empty: not named.
    program: str = ""


def sources(named: Sequence[tuple[Kind, str]], programs: Sequence[str] = ()) -> list[Source]:
    """Read what the command line names, labels included.

    :param programs: program files for core files and processes: by label, or one for all.
    :raise AuthorError: one is empty; or several, and not each has a label of its own.
    """
    found = [_source(kind, text) for kind, text in named]
    files = {it.label: it.address for it in (_source("core", text) for text in programs)}
    found = [
        it._replace(program=files.get(it.label) or files.get("", ""))
        if it.kind in {"core", "pid"}
        else it
        for it in found
    ]
    labels = [it.label for it in found]
    if len(found) > 1 and ("" in labels or len(set(labels)) < len(labels)):
        message = "several sources need a label each: --qmp src=ADDRESS --qmp dst=ADDRESS"
        raise AuthorError(message)
    return found


def _source(kind: Kind, text: str) -> Source:
    match = None if _is_there(text) else re.fullmatch(_LABEL, text)
    found = Source(kind, match[2], match[1]) if match else Source(kind, text)
    if not found.address:
        raise AuthorError(f"--{kind}: an empty name; say whose graph")
    return found


def _is_there(path: str) -> bool:
    """Tell whether a file has this name; what can be no name, nothing has."""
    try:
        return os.path.exists(path)
    except ValueError:
        return False


@contextmanager
def open_looks(wanted: Sequence[Source], uri: str | None, limit: float) -> Iterator[Looks]:
    """Connect to all running QEMUs that are named, by label; hang up at the end.

    :param wanted: of the kinds :data:`LIVE`.
    :param uri: the address of libvirt; None: its own default.
    :param limit: how long each answer may take, in seconds.
    :raise QemuError: one of them does not answer, or is no QEMU.
    """
    with ExitStack() as stack:
        found: dict[str, tuple[Monitor | Domain, Look]] = {}
        for source in wanted:
            teller = (
                connect(source.address, limit)
                if source.kind == "qmp"
                else _domain(source.address, uri, limit)
            )
            stack.callback(teller.close)
            found[source.label] = (teller, Look(teller))
        yield found


def _domain(name: str, uri: str | None, limit: float) -> "Domain":
    from blockdoc.inspect.libvirt import open_domain  # noqa: PLC0415 - hardly ever needed

    return open_domain(name, uri, limit)


def connect(address: str, limit: float) -> Monitor:
    """Connect to a monitor, and let it greet.

    :param address: a socket's path, ``HOST:PORT``, or ``fd:N``.
    :param limit: how long each answer may take, in seconds.
    :raise QemuError: nobody listens there, it is not QMP, or it is busy.
    """
    if address.startswith("fd:"):
        monitor = Monitor(_inherited(address), address, limit)
        _negotiate(monitor, inherited=True)
        return monitor
    match = None if _is_there(address) else re.fullmatch(_TCP, address)
    if match:
        connection = _tcp(address, match[1] or match[2] or "localhost", int(match[3]), limit)
        monitor = Monitor(connection, address, limit, lambda: _tcp_holder(connection))
    else:
        monitor = Monitor(_unix(address, limit), address, limit, lambda: _holder(address))
    _negotiate(monitor)
    return monitor


def _negotiate(monitor: Monitor, *, inherited: bool = False) -> None:
    try:
        monitor.negotiate(inherited=inherited)
    except BaseException:
        monitor.close()
        raise


def _unix(path: str, limit: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(limit)
    try:
        connection.connect(path)
    except TimeoutError:
        who = _holder(path) or "the program behind it does not accept"
        connection.close()
        raise QemuError(f"{path}: no connection within {limit:g} s: {who}") from None
    except (OSError, ValueError) as error:
        connection.close()
        raise QemuError(f"{path}: {_why(path, error)}") from None
    return connection


def _holder(path: str) -> str:
    from blockdoc.inspect.holder import holder  # noqa: PLC0415 - hardly ever needed

    return holder(path)


def _tcp_holder(connection: socket.socket) -> str:
    from blockdoc.inspect.holder import tcp_holder  # noqa: PLC0415 - hardly ever needed

    return tcp_holder(connection)


def _why(path: str, error: Exception) -> str:
    """Say what is wrong with a socket's path, and what to do."""
    if isinstance(error, FileNotFoundError):
        return "no such socket; start QEMU with -qmp unix:PATH,server=on,wait=off"
    if isinstance(error, ConnectionRefusedError):
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            return "not a socket; a dump is read with --json FILE"
        return "nobody listens: the QEMU that made this socket has ended"
    if isinstance(error, BlockingIOError):
        who = _holder(path) or "QMP serves one at a time"
        return (
            f"too many clients wait for it: {who}; end them, or give QEMU a second -qmp socket"
        )
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)


def _tcp(address: str, host: str, port: int, limit: float) -> socket.socket:
    if port > _LAST_PORT:
        raise QemuError(f"{address}: there is no port {port}; the last one is {_LAST_PORT}")
    try:
        return socket.create_connection((host, port), timeout=limit)
    except (OSError, OverflowError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise QemuError(f"{address}: {words}; is QEMU's -qmp tcp:… there?") from None


def _inherited(address: str) -> socket.socket:
    try:
        number = int(address.removeprefix("fd:"))
        return socket.socket(fileno=os.dup(number))
    except (ValueError, OverflowError, OSError):
        raise QemuError(f"{address}: no open socket of this number was inherited") from None
