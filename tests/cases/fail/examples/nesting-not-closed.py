# SPDX-License-Identifier: GPL-2.0-or-later
"""Nested 10,000 deep, and not closed."""

DEEP = '{ "a": ' * 10_000
EXAMPLE = f"```{{qmp-example}}\n:id: step\n\n-> {DEEP}\n```\n"
