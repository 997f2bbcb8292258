# SPDX-License-Identifier: GPL-2.0-or-later
"""What the runner costs.

::

    python -m blockdoc.bench            beside the least that the same conversations could cost
    python -m blockdoc.bench.iotests    beside QEMU's own iotests that assert the same
"""
