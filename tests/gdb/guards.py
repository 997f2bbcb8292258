# SPDX-License-Identifier: GPL-2.0-or-later
"""For gdb: print the pointer guard as the thread has it, and as a jump buffer gives it."""

import gdb
from qemublock import machine
from qemublock.knowledge import all_coroutines

kind = machine.machine()
known = all_coroutines()
guards = [machine.guard_in_memory(kind)]
machine.guard_in_memory = lambda _: None
again = all_coroutines()
guards.append(again._guard)  # noqa: SLF001 - it is not for users
equal = [one.registers for one in known.all] == [one.registers for one in again.all]
gdb.write(f"guards {guards} {equal}\n")
