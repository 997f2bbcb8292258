# SPDX-License-Identifier: GPL-2.0-or-later
"""Speak QMP to a QEMU that is not ours: queries only, and never for longer than agreed.

::

    connect ──► greeting ──► qmp_capabilities ──► query-…  query-…  ──► hang up
                   │ none: somebody else is served, or this connection was negotiated before

:data:`QUERIES` is all that can be sent; there is no way around it.  qemu.qmp is not used
here: its import alone takes longer than the whole answer, and it says of a peer that is
not QEMU neither what it sent nor who is served in our place.
"""

import contextlib
import json
import select
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from blockdoc.errors import QemuError

__all__ = ["QUERIES", "query", "Monitor", "Query", "RefusedError", "Teller"]

#: Commands that change nothing; whatever else is asked for is refused before it is sent.
QUERIES: Final = frozenset(
    {
        "qom-get",
        "qom-list",
        "query-block",
        "query-block-exports",
        "query-block-jobs",
        "query-jobs",
        "query-named-block-nodes",
        "query-version",
        "x-debug-query-block-graph",
    },
)
#: Longest line that is read, in bytes: 100,000 nodes fit several times.
LONGEST: Final = 1 << 30
_CHUNK: Final = 1 << 20
#: How long an inherited connection is waited for to greet: it may have done so before.
_GREETED: Final = 0.5


#: A command and its arguments.
Query = tuple[str, Mapping[str, Any]]


class RefusedError(QemuError):
    """QEMU refused a query."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        #: QMP's class of the error, such as ``CommandNotFound``.
        self.kind = kind


class Teller(Protocol):
    """Something that answers queries."""

    name: str

    def ask(self, command: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        """Return the answer to a query; `RefusedError` if QEMU has none."""

    def ahead(self, queries: Iterable[Query]) -> None:
        """Be told what will be asked for next."""

    def close(self) -> None:
        """Hang up."""


def query(command: str) -> str:
    """Pass a command that changes nothing; it is a bug to ask for any other."""
    if command not in QUERIES:
        raise AssertionError(f"{command} is not a query")
    return command


class Monitor:
    """A QMP connection; who is done with it calls :meth:`close`."""

    def __init__(
        self,
        connection: socket.socket,
        name: str,
        limit: float,
        busy: Callable[[], str] = lambda: "",
    ) -> None:
        """Take over a connection.

        :param name: how messages call it.
        :param limit: how long each answer may take, in seconds.
        :param busy: finds out who is served in our place, if that can be known.
        """
        self.name = name
        self._socket = connection
        self._limit = limit
        self._busy = busy
        self._buffer = bytearray()
        #: Queries that were sent ahead, and whose answers have not been read.
        self._sent: list[Query] = []
        #: Events that have come and that nobody has taken.
        self.events: list[dict[str, Any]] = []
        connection.setblocking(False)  # noqa: FBT003 - the name of the method says it

    def negotiate(self, *, inherited: bool = False) -> None:
        """Greet, and leave capabilities negotiation if that has not been done before.

        :raise QemuError: not QMP, busy, or closed.
        """
        greeting = self._line(_GREETED if inherited else self._limit)
        if greeting is None and not inherited:
            who = self._busy() or "QMP serves one client at a time"
            message = f"connected, but no greeting within {self._limit:g} s: {who}"
            raise self._error(f"{message}; end that client, or give QEMU a second -qmp socket")
        if greeting is not None:
            self._check_greeting(greeting)
        try:
            self._execute("qmp_capabilities", {})
        except RefusedError as error:
            if error.kind != "CommandNotFound":
                raise

    def ask(self, command: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        """Return the answer to a query.

        :raise RefusedError: QEMU has no answer.
        :raise QemuError: it says nothing, or nonsense, or hangs up.
        """
        return self._execute(query(command), arguments)

    def ahead(self, queries: Iterable[Query]) -> None:
        """Send queries that will be asked for in this order: QEMU works while we do."""
        self._forget()
        for command, arguments in queries:
            message = _message(query(command), arguments)
            with contextlib.suppress(QemuError):  # who waits for the answer will see it
                self._send(message)
            self._sent.append((command, arguments))

    def fileno(self) -> int:
        """Let others wait for events."""
        return self._socket.fileno()

    def collect(self) -> None:
        """Take in the events that have arrived."""
        while (message := self._line(0)) is not None:
            if "event" in message:
                self.events.append(message)

    def drain(self) -> None:
        """Take in what had arrived before the other side hung up."""
        with contextlib.suppress(QemuError):
            self.collect()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _check_greeting(self, message: Mapping[str, Any]) -> None:
        if not isinstance(message.get("QMP"), dict):
            raise self._error("not a QMP monitor: it does not greet as QEMU does")

    def _execute(self, command: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401
        if self._sent[:1] == [(command, arguments)]:
            del self._sent[0]
        else:
            self._forget()
            self._send(_message(command, arguments))
        return self._reply(command)

    def _forget(self) -> None:
        """Read the answers that were sent for and that nobody wants any more."""
        while self._sent:
            with contextlib.suppress(RefusedError):
                self._reply(self._sent.pop(0)[0])

    def _reply(self, command: str) -> Any:  # noqa: ANN401 - JSON
        end = time.monotonic() + self._limit
        while True:
            reply = self._line(max(0, end - time.monotonic()))
            if reply is None:
                raise self._error(f"no answer to {command} within {self._limit:g} s")
            if "event" in reply:
                self.events.append(reply)
            elif "return" in reply:
                return reply["return"]
            elif isinstance(reply.get("error"), dict):
                error = reply["error"]
                words = f"{self.name}: {command}: {_one_line(str(error.get('desc')))}"
                raise RefusedError(words, str(error.get("class")))
            elif "QMP" not in reply:
                raise self._error(f"not an answer to {command}: {_one_line(str(reply))}")

    def _send(self, data: bytes) -> None:
        try:
            self._socket.settimeout(self._limit)
            self._socket.sendall(data)
        except OSError as error:
            raise self._error(f"it hung up ({error.strerror or error})") from None
        finally:
            self._socket.settimeout(0)

    def _line(self, limit: float) -> dict[str, Any] | None:
        """Read a message; None if none comes in time."""
        end = time.monotonic() + limit
        place = 0
        while (found := self._buffer.find(b"\n", place)) < 0:
            place = len(self._buffer)
            if place > LONGEST:
                raise self._error("not a QMP monitor: it sends lines without an end")
            if not self._more(max(0, end - time.monotonic())):
                return None
        line = bytes(self._buffer[:found])
        del self._buffer[: found + 1]
        return self._message(line)

    def _more(self, limit: float) -> bool:
        if not select.select([self._socket], [], [], limit)[0]:
            return False
        try:
            data = self._socket.recv(_CHUNK)
        except OSError as error:
            raise self._error(f"it hung up ({error.strerror or error})") from None
        if not data:
            where = " in the middle of a message" if self._buffer else ""
            raise self._error(f"it hung up{where}")
        self._buffer += data
        return True

    def _message(self, line: bytes) -> dict[str, Any]:
        try:
            message = json.loads(line.decode(errors="replace"))
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            start = _one_line(line[:60].decode(errors="replace"))
            raise self._error(f"not a QMP monitor: it says {start!r}")
        return message

    def _error(self, message: str) -> QemuError:
        return QemuError(f"{self.name}: {message}")


def _message(command: str, arguments: Mapping[str, Any]) -> bytes:
    message = {"execute": command, **({"arguments": arguments} if arguments else {})}
    return json.dumps(message).encode() + b"\n"


def _one_line(text: str) -> str:
    """Show what somebody else wrote, in one line, with nothing that a terminal obeys."""
    return "".join(c if c.isprintable() else " " for c in text)[:200]
