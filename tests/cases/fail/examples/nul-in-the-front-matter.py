# SPDX-License-Identifier: GPL-2.0-or-later
"""A NUL byte in an argument."""

EXAMPLE = '---\nargs: ["a\\0b"]\n---\n```{qmp-example}\n:id: step\n\n-> {}\n```\n'
