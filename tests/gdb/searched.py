# SPDX-License-Identifier: GPL-2.0-or-later
"""For gdb: print how much memory is searched for coroutines, in bytes."""

import gdb
from qemublock import memory

read, searched = memory.stretches, 0


def count(region):
    global searched
    for start, data in read(region):
        searched += len(data)
        yield start, data


memory.stretches = count
from qemublock.knowledge import all_coroutines  # noqa: E402

all_coroutines()
memory.stretches = read
gdb.write(f"searched {searched}\n")
