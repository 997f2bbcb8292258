# SPDX-License-Identifier: GPL-2.0-or-later
"""Each broken or hostile example is stopped with its message, and leaves nothing.

Those of a broken or hostile QEMU are in test_bad_qemu.py, for another worker.
"""

import itertools
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from bad_input_support import ESCAPE, has_stand_in, is_stopped, names, nothing_is_left


def test_there_are_cases() -> None:
    assert len(names()) >= 50


@pytest.mark.parametrize("case", [*itertools.filterfalse(has_stand_in, names())], indirect=True)
def test_it_is_stopped_with_its_message(case: str, pytester: pytest.Pytester) -> None:
    is_stopped(case, pytester)


def daemon(_: Path) -> Callable[[], None]:
    """Leave a process that has left its session and its parent."""
    script = "setsid sleep 30 >/dev/null & echo $!"
    done = subprocess.run(["/bin/sh", "-c", script], stdout=subprocess.PIPE, check=True)
    return lambda: os.kill(int(done.stdout), 9)


def open_socket(_: Path) -> Callable[[], None]:
    return socket.socket().close


def file_in(name: str) -> Callable[[Path], Callable[[], None]]:
    def leave(root: Path) -> Callable[[], None]:
        path = root / name
        path.write_text("left")
        return path.unlink

    return leave


@pytest.mark.parametrize(
    ("leave", "told"),
    [
        (daemon, "processes are left: .*sleep"),
        (open_socket, "a socket is left"),
        (file_in("folders/x"), "a file is left"),
        (file_in(f"/dev/shm/{ESCAPE}-{os.getpid()}"), "a file was written outside"),  # noqa: S108 - we look there
        (file_in("beside-the-examples"), "files were written outside"),
    ],
)
def test_what_is_left_is_seen(
    leave: Callable[[Path], Callable[[], None]], told: str, tmp_path: Path
) -> None:
    folders = tmp_path / "folders"
    folders.mkdir()
    with pytest.raises(AssertionError, match=told), nothing_is_left(tmp_path, folders):
        tidy = leave(tmp_path)
    tidy()
