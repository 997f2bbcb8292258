# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs to look at: real storage daemons, and servers that only pretend."""

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

GREETING = {
    "QMP": {
        "version": {"qemu": {"major": 10, "minor": 2, "micro": 2}, "package": ""},
        "capabilities": [],
    }
}


def program(name: str) -> str:
    """Find a program of QEMU; skip without it, fail in CI."""
    found = shutil.which(name)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} must be there in CI")
        pytest.skip(f"no {name}")
    return found


@contextmanager
def daemon(folder: Path, *arguments: str) -> Iterator[Path]:
    """Start a storage daemon; yield the socket of its monitor."""
    path = folder / "qmp.sock"
    command = [
        program("qemu-storage-daemon"),
        "--chardev",
        f"socket,id=qmp,path={path},server=on,wait=off",
        "--monitor",
        "chardev=qmp",
        *arguments,
    ]
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL)
    try:
        wait_for(path.exists)
        yield path
    finally:
        process.terminate()
        process.wait(10)


def wait_for(true: Callable[[], bool], limit: float = 20) -> None:
    """Wait until something is true."""
    end = time.monotonic() + limit
    while not true():
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.02)


class Client:
    """Sends commands that change something: what is looked at must be made by somebody."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._file = self._socket.makefile("rw")
        json.loads(self._file.readline())
        self.do("qmp_capabilities")

    def do(self, command: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        """Send a command; return its answer."""
        self._file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._file.flush()
        while "return" not in (reply := json.loads(self._file.readline())):
            assert "error" not in reply, reply
        return reply["return"]

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()


@contextmanager
def pretender(
    folder: Path, answer: Callable[[dict[str, Any]], bytes | None], start: bytes | None = None
) -> Iterator[Path]:
    """Serve one client: `start` first, then what `answer` says; None hangs up."""
    path = folder / "fake.sock"
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()
    greeting = json.dumps(GREETING).encode() + b"\n" if start is None else start

    def serve() -> None:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as lines:
            try:
                connection.sendall(greeting)
                for line in lines:
                    said = answer(json.loads(line))
                    if said is None:  # close() with something unread would be a reset
                        connection.shutdown(socket.SHUT_WR)
                        connection.settimeout(5)
                        for _ in lines:
                            pass
                        return
                    connection.sendall(said)
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield path
    finally:
        server.close()
        thread.join(5)


def reply(value: Any) -> bytes:  # noqa: ANN401 - JSON
    """Write a reply."""
    return json.dumps({"return": value}).encode() + b"\n"


def refusal(kind: str, words: str) -> bytes:
    """Write a refusal."""
    return json.dumps({"error": {"class": kind, "desc": words}}).encode() + b"\n"
