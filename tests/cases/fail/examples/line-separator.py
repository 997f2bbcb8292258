# SPDX-License-Identifier: GPL-2.0-or-later
"""A character that ends a line for some readers."""

EXAMPLE = "# A title\n\nold\u2028text\n"
