# SPDX-License-Identifier: GPL-2.0-or-later
"""Half of a surrogate pair in an argument."""

EXAMPLE = '---\nargs: ["\\ud800"]\n---\n```{qmp-example}\n:id: step\n\n-> {}\n```\n'
