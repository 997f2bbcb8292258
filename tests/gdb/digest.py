# SPDX-License-Identifier: GPL-2.0-or-later
"""For gdb: print a digest of all memory that the process may write to."""

import hashlib

import gdb
from qemublock import memory

found = hashlib.sha256()
for region in memory.regions():
    for _, data in memory.stretches(region):
        found.update(data)
gdb.write(f"memory {found.hexdigest()}\n")
