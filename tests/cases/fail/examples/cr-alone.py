# SPDX-License-Identifier: GPL-2.0-or-later
"""A line that ends in CR alone."""

EXAMPLE = "# A title\n\nold\rtext\n"
