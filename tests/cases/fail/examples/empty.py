# SPDX-License-Identifier: GPL-2.0-or-later
"""A file with nothing in it."""

EXAMPLE = ""
