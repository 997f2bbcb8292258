# SPDX-License-Identifier: GPL-2.0-or-later
"""For gdb: select a thread whose top frame is that of an inlined function."""

import gdb
from qemublock import threads

found = [thread for thread in threads.each() if gdb.newest_frame().type() == gdb.INLINE_FRAME]
if found:
    found[0].switch()
gdb.write(f"inline {len(found)}\n")
