# SPDX-License-Identifier: GPL-2.0-or-later
"""Descriptors that libvirt hands to QEMU: a pipe to a file, or a connection."""

import contextlib
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

__all__ = ["connect", "pipe_from", "pipe_to"]


@contextlib.contextmanager
def pipe_to(path: Path) -> Iterator[int]:
    """Open a pipe whose content goes to a file: QEMU does not migrate to a file itself."""
    ours, theirs = os.pipe()
    _copy(ours, os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    try:
        yield theirs
    finally:
        os.close(theirs)


@contextlib.contextmanager
def pipe_from(path: Path) -> Iterator[int]:
    """Open a pipe from which the content of a file comes."""
    theirs, ours = os.pipe()
    _copy(os.open(path, os.O_RDONLY), ours)
    try:
        yield theirs
    finally:
        os.close(theirs)


def _copy(source: int, target: int) -> None:
    """Copy all that comes, in a thread; it ends when the other end of the pipe closes."""

    def copy() -> None:
        with os.fdopen(source, "rb") as reader, os.fdopen(target, "wb") as writer:
            shutil.copyfileobj(reader, writer)

    def quietly() -> None:
        with contextlib.suppress(OSError):  # nobody wants the rest
            copy()

    threading.Thread(target=quietly, daemon=True).start()


def connect(connecting: socket.socket, path: Path) -> None:
    """Connect to a path that may be longer than an address can be."""
    folder = os.open(path.parent, os.O_PATH)
    try:
        connecting.connect(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)
