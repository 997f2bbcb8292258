# SPDX-License-Identifier: GPL-2.0-or-later
"""For gdb: let ``$bs`` be node slow0."""

import gdb
from qemublock.graph import Graph
from qemublock.lists import node_name

(node,) = (it for it in Graph().nodes if node_name(it) == "slow0")
gdb.set_convenience_variable("bs", node)
