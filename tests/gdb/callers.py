# SPDX-License-Identifier: GPL-2.0-or-later
"""For gdb: print where each suspended coroutine says who entered it, and its address."""

import gdb
from qemublock.coroutine import State
from qemublock.knowledge import all_coroutines

for one in all_coroutines().all:
    if one.state is State.SUSPENDED:
        gdb.write(f"caller {int(one.value['caller'].address)} {one.address}\n")
