# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines that end in CR LF."""

EXAMPLE = "# A title\r\n\r\n```{qmp-example}\r\n"
