# SPDX-License-Identifier: GPL-2.0-or-later
"""Start programs that never outlive us, however we die.

Linux sends a child the signal that it asked for when the thread that started it ends
(``PR_SET_PDEATHSIG``, prctl(2)), also when that end is a SIGKILL.
"""

import ctypes
import signal
import sys

__all__ = ["die_with_parent"]

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent(word: signal.Signals = signal.SIGKILL) -> None:
    """Ask for SIGKILL, or for `word`, when our parent ends."""
    if sys.platform == "linux":
        _LIBC.prctl(PR_SET_PDEATHSIG, word)
