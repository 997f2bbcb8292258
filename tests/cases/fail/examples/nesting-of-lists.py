# SPDX-License-Identifier: GPL-2.0-or-later
"""A list in a list in a list, in Markdown."""

EXAMPLE = "".join(f"{'  ' * depth}- x\n" for depth in range(500)) + "\n```{qmp-example}\n"
