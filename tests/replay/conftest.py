# SPDX-License-Identifier: GPL-2.0-or-later
"""A QEMU with a system emulator, and copies of recordings to spoil."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from blockdoc.errors import MissingError
from blockdoc.qemu import Build, find_build, walls_of
from blockdoc.replay import Outcome, read_recordings, replay

RECORDED = Path(__file__).parents[2] / "examples/libvirt/recorded"

Spoil = Callable[[dict[str, Any]], None]
Replay = Callable[..., Outcome]


@pytest.fixture(scope="session")
def build() -> Build:
    """Find a QEMU with a system emulator that can be run in a sandbox; CI must have one."""
    try:
        found = find_build()
        found.command(f"qemu-system-{os.uname().machine}")
        missing = walls_of(found).missing
    except MissingError as error:
        missing = str(error)
    if missing:
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    if os.uname().machine != "x86_64":
        pytest.skip("the recorded machine is q35")
    return found


@pytest.fixture
def recorded(build: Build) -> Callable[[str], Outcome]:
    """Return what replays a committed recording."""

    def run(name: str) -> Outcome:
        (group,) = read_recordings([RECORDED / f"{name}.json"])
        return asyncio.run(replay(group, build))

    return run


@pytest.fixture
def spoiled(build: Build, tmp_path: Path) -> Callable[[str, Spoil], tuple[Path, Outcome]]:
    """Return what replays a copy of a recording after a change."""

    def run(name: str, spoil: Spoil) -> tuple[Path, Outcome]:
        data = json.loads((RECORDED / f"{name}.json").read_text())
        spoil(data)
        path = tmp_path / f"{name}.json"
        path.write_text(lines(data))
        (group,) = read_recordings([path])
        return path, asyncio.run(replay(group, build))

    return run


def lines(data: dict[str, Any]) -> str:
    """Write a recording as recordings are written: a message on each line."""
    rest = {key: it for key, it in data.items() if key != "conversation"}
    head = json.dumps(rest)[:-1]
    messages = ",\n".join(f"  {json.dumps(it)}" for it in data["conversation"])
    return f'{head},\n "conversation": [\n{messages}\n ]\n}}\n'
