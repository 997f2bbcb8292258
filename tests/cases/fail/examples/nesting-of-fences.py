# SPDX-License-Identifier: GPL-2.0-or-later
"""Directives in directives."""

EXAMPLE = "".join(f"{'`' * ticks}{{note}}\n" for ticks in range(1200, 2, -1)) + "x\n"
