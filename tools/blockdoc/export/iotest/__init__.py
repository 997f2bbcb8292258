# SPDX-License-Identifier: GPL-2.0-or-later
"""An example as one of QEMU's iotests: a Python file, and the output that it must have.

::

    Example ──to_iotest──► tests/block-guide-TOPIC-NAME        speaks through iotests.py
                      └──► tests/block-guide-TOPIC-NAME.out    what the example says

Both are made of the example alone; no QEMU is asked.  So the iotest fails where the example
would.  ``...`` and captures become a filter that logs what the example names.

What iotests.py cannot do is refused with its line: several machines, gdb, trace events,
libnbd's tools, a QEMU that ends by itself, commands that do not wait for an answer, a guest.
"""

from blockdoc.export.iotest.steps import Iotest, to_iotest

__all__ = ["Iotest", "to_iotest"]
