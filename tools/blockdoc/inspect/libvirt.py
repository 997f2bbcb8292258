# SPDX-License-Identifier: GPL-2.0-or-later
"""Ask a domain's QEMU through libvirt, which holds its monitor.

libvirt-python is used if it can be imported, else ``virsh qemu-monitor-command``.
Either way the connection must be allowed to send commands, and libvirt marks the
domain as tainted (``custom-monitor``), although nothing but queries is sent.
"""

import importlib
import json
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from blockdoc.errors import MissingError, QemuError
from blockdoc.inspect.monitor import Query, RefusedError, query

__all__ = ["Domain", "open_domain"]

#: Sends one command line and returns libvirt's answer.
_Send = Callable[[str], str]


class Domain:
    """A domain of libvirt, as something that answers queries."""

    def __init__(self, name: str, send: _Send, end: Callable[[], Any]) -> None:
        self.name = f"domain {name}"
        self._send = send
        self._end = end

    def ask(self, command: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        """Return the answer to a query."""
        message = {"execute": query(command), **({"arguments": arguments} if arguments else {})}
        answer = self._send(json.dumps(message))
        try:
            reply = json.loads(answer)
            if "return" in reply:
                return reply["return"]
            error = reply["error"]
            raise RefusedError(f"{self.name}: {command}: {error['desc']}", error["class"])
        except (ValueError, KeyError, TypeError):
            words = f"{self.name}: libvirt's answer to {command} is no reply of QEMU"
            raise QemuError(words) from None

    def ahead(self, queries: Iterable[Query]) -> None:
        """Do nothing: libvirt sends one command at a time."""

    def close(self) -> None:
        """Hang up."""
        self._end()


def open_domain(name: str, uri: str | None, limit: float) -> Domain:
    """Find a domain.

    :param uri: libvirt's address; its own default if there is none.
    :raise QemuError: libvirt does not know it, or it is not running.
    :raise MissingError: neither libvirt-python nor virsh is there.
    """
    try:
        bindings = [importlib.import_module(it) for it in ("libvirt", "libvirt_qemu")]
    except ImportError:
        return _through_virsh(name, uri, limit)
    return _through_python(name, uri, bindings)


def _through_python(name: str, uri: str | None, bindings: Sequence[Any]) -> Domain:
    libvirt, monitor = bindings

    def told(function: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401
        try:
            return function(*arguments)
        except libvirt.libvirtError as error:
            raise QemuError(_told(name, str(error))) from None

    libvirt.registerErrorHandler(lambda *_: None, None)  # or it prints every error itself
    connection = told(libvirt.open, uri)
    domain = told(connection.lookupByName, name)
    return Domain(
        name,
        lambda text: str(told(monitor.qemuMonitorCommand, domain, text, 0)),
        connection.close,
    )


def _through_virsh(name: str, uri: str | None, limit: float) -> Domain:
    virsh = shutil.which("virsh")
    if virsh is None:
        raise MissingError(
            "neither Python's libvirt nor virsh is there: install python3-libvirt or "
            "libvirt-clients"
        )
    start = [virsh, *(["--connect", uri] if uri else []), "--quiet"]
    if name.startswith("-"):
        raise QemuError(f"domain {name}: no domain can be asked for by this name; use its UUID")

    def send(text: str) -> str:
        command = [*start, "qemu-monitor-command", name, text]
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=limit, check=False, errors="replace"
            )
        except subprocess.TimeoutExpired:
            raise QemuError(f"domain {name}: virsh says nothing for {limit:g} s") from None
        if done.returncode:
            words = done.stderr or f"virsh ended with {done.returncode}"
            raise QemuError(_told(name, words))
        return done.stdout

    return Domain(name, send, lambda: None)


def _told(name: str, words: str) -> str:
    """Pass on what libvirt says, and what to do about it where that is clear."""
    said = f"domain {name}: {_first_line(words)}"
    return said + next((do for sign, do in _ADVICE.items() if sign in said), "")


#: What to do, by what libvirt says.
_ADVICE: Final = {
    "Failed to connect socket": "; is libvirt's daemon running? --connect URI names another",
    "read only access": "; use a connection that may write, such as qemu:///system",
    "failed to get domain": "; virsh list --all tells the names, --connect URI names a libvirt",
    "Domain not found": "; virsh list --all tells the names, --connect URI names a libvirt",
    "domain is not running": "; start it, there is no graph without a QEMU",
}


def _first_line(text: str) -> str:
    lines = [line.strip().removeprefix("error: ") for line in text.splitlines()]
    said = " ".join(filter(None, lines))
    return "".join(c if c.isprintable() else " " for c in said)[:300]
