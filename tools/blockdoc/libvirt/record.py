# SPDX-License-Identifier: GPL-2.0-or-later
"""Record a pair of libvirt and QEMU: bring its root, and let the recorder run in it.

::

    bring_root ──► unshare: mounts, processes, network, names ──► inside ──► FOLDER/OP.json
"""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from blockdoc.errors import MissingError
from blockdoc.libvirt.operations import operations_of
from blockdoc.libvirt.root import bring_root, root_of
from blockdoc.qemu.distribution import run_program
from blockdoc.qemu.place import Say, beside

__all__ = ["record"]


def record(suite: str, out: Path, names: Sequence[str], say: Say) -> None:
    """Record operations called `names`, or all that this libvirt has, into `out`.

    :raise MissingError: it cannot be done here, or one of them failed.
    """
    known = {it.name for it in operations_of()}
    for name in names:
        if name not in known:
            message = f"no operation is called {name!r}; `--list` tells which there are"
            raise MissingError(message)
    if shutil.which("unshare") is None:
        raise MissingError("libvirt-record needs unshare, of the package util-linux")
    root = bring_root(suite, say)
    out.mkdir(parents=True, exist_ok=True)
    with beside(root_of(suite)) as work:
        command = [
            *("unshare", "--mount", "--pid", "--net", "--uts", "--ipc"),
            *("--fork", "--kill-child", sys.executable, "-m", "blockdoc.libvirt.inside"),
            *map(str, (root, work, out.absolute(), *names)),
        ]
        run_program(command, f"libvirt of {suite} was not recorded", say)
