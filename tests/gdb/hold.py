# SPDX-License-Identifier: GPL-2.0-or-later
"""For gdb: leave job_mutex as glibc's pthread_mutex_lock() in the thread $holder does.

To call that function would write registers, which not every kernel lets gdb do.
"""

import gdb

number = int(gdb.parse_and_eval("$holder"))
(lwp,) = (it.ptid[1] for it in gdb.selected_inferior().threads() if it.num == number)
for member, value in (("__lock", 1), ("__owner", lwp), ("__nusers", 1)):
    gdb.execute(f"set variable job_mutex.lock.__data.{member} = {value}")
gdb.write("held\n")
