# SPDX-License-Identifier: GPL-2.0-or-later
"""NUL bytes in a step."""

EXAMPLE = '```{qmp-example}\n:id: step\n\n-> { "execute": "query-\0jobs" }\n```\n'
