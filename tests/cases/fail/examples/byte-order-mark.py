# SPDX-License-Identifier: GPL-2.0-or-later
"""A byte order mark."""

EXAMPLE = "\ufeff# Marked\n"
