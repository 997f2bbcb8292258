# SPDX-License-Identifier: GPL-2.0-or-later
"""For gdb: count what looks like a coroutine to somebody who only searches for its size."""

import struct

import gdb
from qemublock import coroutine, memory

size = struct.pack("<Q", coroutine.STACK_SIZE + memory.page_size())
found = sum(1 for _ in memory.search(memory.regions(), size))
gdb.write(f"naive {found}\n")
