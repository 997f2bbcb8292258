# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's block layer in gdb: ``source tools/gdb/qemu_block.py``, then ``qemu-block``.

Nothing else has to be installed.  It works on a running process and on a core file, and
never writes to either.  Sourcing it again takes the newest code.
"""

import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))
if _here not in sys.path:
    sys.path.insert(0, _here)
for _name in [name for name in sys.modules if name.split(".")[0] == "qemublock"]:
    del sys.modules[_name]

import qemublock.commands  # noqa: E402

qemublock.commands.register()
