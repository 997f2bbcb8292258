# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody for root to run examples as.

Linux counts no processes for the real root (``copy_process`` in kernel/fork.c), and the
files of ``/proc/sys`` ask only who owns them.  So what root runs gets a user of its own::

    here          in the examples' user namespace
    UID           0               who bwrap and the example are
    0 … 65535     100000 …        so that bwrap, while it sets up, reads what they own

The namespace is made once and kept open.  nsenter(1) enters it before bwrap starts, and
not bwrap when it has: the outer bwrap must be allowed to kill the inner.  No namespace
can be made inside it, which nobody lifts without the capabilities that bwrap takes away.

The kernel counts the processes of all examples in it together, and those that have ended
until somebody has waited for them.  The inner bwrap outlives the outer by a moment, so
that process 1 of this machine inherits it, and in a container that is often a program
that waits for nobody.  A new namespace now and then counts from none.
"""

import functools
import os
import shutil
import subprocess
from pathlib import Path
from subprocess import DEVNULL, PIPE

__all__ = ["Stranger", "stranger"]

#: Nobody's: above what systemd keeps for containers, below 2³¹ (its UIDS-GIDS.md).
UID = 1_900_000_000
MAP = f"0 {UID} 1\n100000 0 65536\n"
#: Says that the namespace is there, and waits for the map.
HOLD = "echo; read -r _ && echo 0 >/proc/sys/user/max_user_namespaces"
#: How many programs enter one namespace.
ENOUGH = 256


class Stranger:
    """A user that owns nothing, and the user namespace where it is known.

    :raise OSError: there can be no such namespace.
    """

    def __init__(self, nsenter: str) -> None:
        self._nsenter = nsenter
        #: A descriptor of the namespace, for whoever is to enter it.
        self.namespace = _namespace()
        self._before: int | None = None
        self._entered = 0

    def __repr__(self) -> str:
        """Say who it is, the same in every run."""
        return f"Stranger({self._nsenter!r})"

    def enter(self) -> tuple[str, ...]:
        """Return what to put before a program that is to run as this user.

        It needs the descriptor `namespace`, as that is now.
        """
        if self._entered >= ENOUGH:
            self._renew()
        self._entered += 1
        return (self._nsenter, f"--user=/proc/self/fd/{self.namespace}")

    def give(self, file: Path | int) -> None:
        """Make `file`, a path or a descriptor, this user's."""
        os.chown(file, UID, UID, follow_symlinks=isinstance(file, int))

    def _renew(self) -> None:
        """Make another namespace; the last is kept for who has its words and is to start."""
        new = _namespace()
        if self._before is not None:
            os.close(self._before)
        self._before, self.namespace, self._entered = self.namespace, new, 0


@functools.cache
def stranger() -> Stranger | None:
    """Return the one of this process, if it is root's and may make one."""
    nsenter = shutil.which("nsenter")
    if os.geteuid() != 0 or nsenter is None:
        return None
    try:
        return Stranger(nsenter)
    except OSError:
        return None


def _namespace() -> int:
    """Make the user namespace.

    :raise OSError: it cannot be made, or root is not the real one and has no `UID` to give.
    """
    command = ["unshare", "--user", "--keep-caps", "/bin/sh", "-c", HOLD]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as holder:
        if not (holder.stdout and holder.stdout.readline()):
            message = "no user namespace"
            raise OSError(message)
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{holder.pid}/{name}").write_text(MAP)
        namespace = os.open(f"/proc/{holder.pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        holder.communicate(b"\n")
        return namespace
