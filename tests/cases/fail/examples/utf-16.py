# SPDX-License-Identifier: GPL-2.0-or-later
"""A file in UTF-16."""

EXAMPLE = "# Wide\n".encode("utf-16")
