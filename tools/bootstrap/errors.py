# SPDX-License-Identifier: GPL-2.0-or-later
"""The one way in which a set-up fails: with a line that says what to do."""

__all__ = ["SetupError"]


class SetupError(Exception):
    """The set-up cannot go on; the message says why, and what to do."""
