# SPDX-License-Identifier: GPL-2.0-or-later
"""Start programs that never outlive us, however we die.

Linux sends a child the signal that it asked for when the thread that started it ends
(``PR_SET_PDEATHSIG``, prctl(2)), also when that end is a SIGKILL.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

__all__ = ["die_with_parent", "die_with_this_process"]

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Ask for SIGKILL when our parent ends."""
    if sys.platform == "linux":
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def die_with_this_process() -> Callable[[], None]:
    """Return what a child runs between fork and exec (``preexec_fn``)."""
    parent = os.getpid()

    def in_child() -> None:
        die_with_parent()
        if os.getppid() != parent:  # it ended before we asked
            os._exit(1)

    return in_child
