# SPDX-License-Identifier: GPL-2.0-or-later
"""For gdb: print of suspended coroutines which function each of their frames has called."""

import gdb
from qemublock import stacks
from qemublock.coroutine import State
from qemublock.functions import called_before
from qemublock.knowledge import all_coroutines

for one in all_coroutines().all:
    if one.state is State.SUSPENDED:
        with stacks.frames_of(one) as found:
            for frame in found:
                gdb.write(f"{frame.name()} called {called_before(frame.pc())}\n")
