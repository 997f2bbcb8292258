# SPDX-License-Identifier: GPL-2.0-or-later
"""Numbers in messages: ``1 example``, ``2 examples``."""

__all__ = ["counted"]


def counted(number: int, noun: str) -> str:
    """Return `number` and `noun`, which takes an s unless there is one of it."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
