# SPDX-License-Identifier: GPL-2.0-or-later
"""A surrogate in UTF-8."""

EXAMPLE = b"# A surrogate\n\n\xed\xa0\x80\n"
