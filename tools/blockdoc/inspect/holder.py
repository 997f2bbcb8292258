# SPDX-License-Identifier: GPL-2.0-or-later
"""Find out who is served by a monitor that serves one client only.

The kernel tells it to ``ss`` of iproute2, of other users' processes only to root.
"""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path

__all__ = ["holder", "tcp_holder"]

_USERS = re.compile(r'\("([^"]*)",pid=(\d+)')
#: A line of ``ss -xe``: Netid, Recv-Q, Send-Q, path, inode, *, inode of the peer, users, file.
_UNIX = re.compile(
    r"\S+ +\d+ +\d+ +(?P<path>.*?) +(?P<inode>\d+) +\* +(?P<peer>\d+)(?P<rest>.*)"
)
#: A line of ``ss -t state …``: Recv-Q, Send-Q, local, peer, users.
_TCP = re.compile(r"\d+ +\d+ +(?P<local>\S+) +(?P<peer>\S+)(?P<rest>.*)")


def holder(path: str) -> str:
    """Say which process holds the other end of a unix socket; empty if it is not known.

    The socket is known by its file, for QEMU may have made it under another path.
    """
    try:
        file = f" ino:{Path(path).stat().st_ino} "
    except (OSError, ValueError):
        return ""
    name = Path(path).name
    rows = [row for row in map(_UNIX.match, _lines("-xpenH")) if row]
    peers = {
        row["peer"]
        for row in rows
        if Path(row["path"]).name == name and file in f"{row['rest']} "
    }
    return _served(row["rest"] for row in rows if row["inode"] in peers - {"0"})


def tcp_holder(connection: socket.socket) -> str:
    """Say which process of this machine is served at a port; empty if it is not known."""
    try:
        host, port = connection.getpeername()[:2]
        mine = connection.getsockname()[1]
    except OSError:
        return ""
    rows = [row for row in map(_TCP.match, _lines("-tpnH")) if row]
    return _served(
        row["rest"]
        for row in rows
        if _address(row["peer"]) == (host, port) and _address(row["local"])[1] != mine
    )


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.strip("[]").removeprefix("::ffff:")
    return host, int(port) if port.isdigit() else 0


def _lines(option: str) -> list[str]:
    """Ask for established connections."""
    program = shutil.which("ss")
    if program is None:
        return []
    command = [program, option, "state", "established"]
    try:
        done = subprocess.run(
            command, capture_output=True, errors="replace", check=False, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.splitlines()


def _served(texts: Iterable[str]) -> str:
    users = {
        f"{name} (process {pid})"
        for text in texts
        for name, pid in _USERS.findall(text)
        if int(pid) != os.getpid()
    }
    return f"it serves {' and '.join(sorted(users))}" if users else ""
