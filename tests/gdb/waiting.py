# SPDX-License-Identifier: GPL-2.0-or-later
"""For gdb: print each tracked request, where it says for which one it waits, and that."""

import gdb
from qemublock.graph import Graph
from qemublock.lists import elements, node_name

for bs in Graph().nodes:
    if node_name(bs) == "whole":
        for one in elements(bs["tracked_requests"], "list"):
            place = int(one["waiting_for"].address)
            gdb.write(f"request {int(one)} {place} {int(one['waiting_for'])}\n")
