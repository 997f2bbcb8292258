# SPDX-License-Identifier: GPL-2.0-or-later
"""Look at the block graph of a QEMU that is not ours, and change nothing.

::

    --qmp, --libvirt ──► monitor, libvirt ──► capture ──┐
    --core, --pid ───► debugger (gdb) ──────────────────┼──► Picture ──► join ──► a format
    --json ─────────────────────────────────────────────┘
"""
