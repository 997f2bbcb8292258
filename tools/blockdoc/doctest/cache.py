# SPDX-License-Identifier: GPL-2.0-or-later
"""Examples that passed, so that what has not changed is not run again.

::

    the example's text ─┐
    the runner's code   ├─► SHA-256 ─► a file of that name: it passed, whole, to the end
    what QEMU is        │
    Python, libraries   │
    the sandbox         ┘

Only an example that passed whole is noted.  Where it cannot be told what QEMU is (a
script stands in its place), nothing is.
"""

import contextlib
import functools
import hashlib
import importlib.metadata
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import blockdoc
from blockdoc.cachedir import cache_folder
from blockdoc.errors import MissingError
from blockdoc.example import Example
from blockdoc.qemu import TOOLS, Build, identity, surroundings, tool_command, walls_of
from blockdoc.qemu.debugger import SCRIPT

__all__ = ["Results"]

#: Parts of this package that have no say in what an example's result is.
ELSEWHERE = {"bench", "cli", "layout", "lint", "sphinx_ext", "source"}
LIBRARIES = (
    "docutils",
    "markdown-it-py",
    "mdit-py-plugins",
    "myst-parser",
    "pyyaml",
    "qemu.qmp",
)
#: A result that nobody asked for in this time is forgotten, in seconds.
KEPT = 30 * 24 * 3600.0


class Results:
    """Which examples have passed with this QEMU and this runner."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._folder = cache_folder("results")
        #: What each program is, those that have been looked at.
        self._programs: dict[str, str | None] = {}
        #: Which examples have passed, as far as it was asked.
        self._passed: dict[str, bool] = {}

    def passed(self, example: Example) -> bool:
        """Say whether `example`, as it is, has passed with all as it is.

        It is looked up once: each of its steps asks.
        """
        if example.path not in self._passed:
            self._passed[example.path] = self._look_up(example)
        return self._passed[example.path]

    def _look_up(self, example: Example) -> bool:
        key = self._key(example)
        if key is None:
            return False
        try:
            os.utime(self._folder / key)
        except OSError:
            return False
        return True

    def note(self, example: Example) -> None:
        """Note that `example` has passed whole."""
        key = self._key(example)
        if key is None:
            return
        # Without the note it is run again: that is all.
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / key).write_text(f"{example.path} {self._build.version}\n")

    def forget_old(self) -> None:
        """Remove results that nobody has asked for in a long time."""
        limit = time.time() - KEPT
        with contextlib.suppress(OSError):
            for entry in os.scandir(self._folder):
                if entry.stat().st_mtime < limit:
                    Path(entry.path).unlink(missing_ok=True)

    def _key(self, example: Example) -> str | None:
        programs = [self._program(name) for name in sorted(set(_programs(example)))]
        if None in programs:
            return None
        parts = [example.path, example.digest, *programs, self._around, _runner()]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @functools.cached_property
    def _around(self) -> str:
        """What the programs run with, and in."""
        return f"{surroundings(self._build)} {walls_of(self._build)!r}"

    def _program(self, name: str) -> str | None:
        """Return what a program is; looked at once."""
        if name not in self._programs:
            self._programs[name] = self._ask(name)
        return self._programs[name]

    def _ask(self, name: str) -> str | None:
        try:
            return identity(self._build, tool_command(name, self._build))
        except MissingError:
            return None


def _programs(example: Example) -> Iterator[str]:
    """Name the programs that an example may run."""
    for machine in example.machines:
        system = f"qemu-system-{os.uname().machine}"
        yield system if machine.kind == "system" else "qemu-storage-daemon"
    if example.images:
        yield from ("qemu-img", "qemu-io")
    texts = [
        it.text for step in example.steps if step.kind == "console" for it in step.alternatives
    ]
    for name in TOOLS:
        if any(name in text for text in texts):
            yield name


@functools.cache
def _runner() -> str:
    """Return a digest of all code that takes part."""
    digest = hashlib.sha256(sys.version.encode())
    for name in LIBRARIES:
        digest.update(f"{name} {importlib.metadata.version(name)}\n".encode())
    root = Path(blockdoc.__file__).parent
    for path in sorted(SCRIPT.parent.rglob("*.py")):
        digest.update(f"{path.name}\n".encode() + path.read_bytes() + b"\0")
    for path in sorted(root.rglob("*.py")):
        inner = path.relative_to(root)
        if inner.parts[0] not in ELSEWHERE:
            digest.update(f"{inner}\n".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()
