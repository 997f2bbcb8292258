# SPDX-License-Identifier: GPL-2.0-or-later
"""A transcript of 10 MB."""

LINE = '-> { "execute": "query-jobs" }\n<- { "return": [] }\n'
EXAMPLE = f"```{{qmp-example}}\n:id: step\n\n{LINE * 200_000}```\n"
