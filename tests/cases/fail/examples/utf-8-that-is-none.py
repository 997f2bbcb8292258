# SPDX-License-Identifier: GPL-2.0-or-later
"""Invalid UTF-8 in the third line."""

EXAMPLE = b"# Latin-1\n\ncaf\xe9\n"
