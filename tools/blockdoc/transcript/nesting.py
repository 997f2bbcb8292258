# SPDX-License-Identifier: GPL-2.0-or-later
"""How deep JSON may nest.

QEMU's parser takes 1024 levels.  Python's own limit of 1000 calls would stop
ours much earlier, with a traceback; so the first text or value that is nested
deeply raises that limit, and it stays raised.
"""

import sys

__all__ = ["MAX_NESTING", "make_room"]

#: As in QEMU's qobject/json-streamer.c.
MAX_NESTING = 1024

#: Up to here Python's own limit is always enough.
_SHALLOW = 64
#: No function here takes more calls for one level.
_CALLS_PER_LEVEL = 8


def make_room(depth: int) -> None:
    """Let functions that call themselves go as deep as JSON may."""
    needed = MAX_NESTING * _CALLS_PER_LEVEL
    if depth > _SHALLOW and sys.getrecursionlimit() < needed:
        sys.setrecursionlimit(needed)
