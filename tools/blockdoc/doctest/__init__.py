# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold examples against a real QEMU, and write back what it answers."""
