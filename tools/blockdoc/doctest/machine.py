# SPDX-License-Identifier: GPL-2.0-or-later
"""The machine of a running example: its folder, its images, its QEMU."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from blockdoc.example import Example
from blockdoc.qemu import Build, Session, make_images, start

__all__ = ["open_machine", "sweep"]

PREFIX = "blockdoc-"


@contextlib.asynccontextmanager
async def open_machine(example: Example, build: Build) -> AsyncIterator[Session]:
    """Run the QEMU of `example` in an empty folder of its own; leave nothing behind.

    :raise AuthorError: an image cannot be made.
    :raise QemuError: QEMU does not start, or crashes when asked to quit.
    """
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as name:
        folder = Path(name)
        await make_images(example.machine.images, build, folder)
        async with start(example.machine, build, folder) as session:
            yield session


def sweep() -> None:
    """Remove the folders of runners that were killed before they could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}[0-9]*-*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdecimal() and not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)
