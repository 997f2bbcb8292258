# SPDX-License-Identifier: GPL-2.0-or-later
"""Be the parent of whatever loses its own, as process 1 is, and for a while."""

import contextlib
import ctypes
import os
from collections.abc import Iterator

__all__ = ["adopting_orphans", "wait_for_the_dead"]

PR_SET_CHILD_SUBREAPER = 36


@contextlib.contextmanager
def adopting_orphans() -> Iterator[None]:
    """Inherit processes; wait for those that have ended at the end, and not before."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        wait_for_the_dead()


def wait_for_the_dead() -> None:
    """Wait for every child that has ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
