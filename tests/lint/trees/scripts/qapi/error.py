# SPDX-License-Identifier: GPL-2.0-or-later
"""As in QEMU's scripts/qapi."""


class QAPIError(Exception):
    """What the parser says of a schema."""
