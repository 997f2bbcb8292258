# SPDX-License-Identifier: GPL-2.0-or-later
"""As much of QEMU's scripts/qapi as our side touches; it reads data, not a schema."""
