# SPDX-License-Identifier: GPL-2.0-or-later
"""What the stand-ins for QEMU share: the monitor is standard input, a socket."""

import json
import socket
import time

MONITOR = socket.socket(fileno=0)
GREETING = {
    "QMP": {"version": {"qemu": {"major": 10, "minor": 0, "micro": 0}}, "capabilities": []}
}
_READ = json.JSONDecoder().raw_decode
_heard = ""


def say(*messages: dict[str, object] | bytes) -> None:
    """Send messages, or bytes as they are."""
    for message in messages:
        if isinstance(message, bytes):
            MONITOR.sendall(message)
        else:
            MONITOR.sendall(json.dumps(message).encode() + b"\n")


def hear() -> dict[str, object]:
    """Wait for a command, and return it; end when the runner has hung up."""
    global _heard  # noqa: PLW0603 - the runner ends its messages with nothing
    while True:
        try:
            command, end = _READ(_heard)
        except ValueError:
            data = MONITOR.recv(1 << 20)
            if not data:
                raise SystemExit(0) from None
            _heard += data.decode()
        else:
            _heard = _heard[end:].lstrip()
            return dict(command)


def answer(value: object = None) -> None:
    """Wait for a command, and answer it."""
    reply: dict[str, object] = {"return": {} if value is None else value}
    command = hear()
    say(reply | ({"id": command["id"]} if "id" in command else {}))


def greet() -> None:
    """Do as QEMU does, up to the first command."""
    say(GREETING)
    answer()


def go_on() -> None:
    """Answer all that comes, up to ``quit``."""
    while True:
        command = hear()
        say({"return": {}, "id": command["id"]})
        if command["execute"] == "quit":
            return


def hang() -> None:
    """Do nothing, for ever."""
    while True:
        time.sleep(1)
