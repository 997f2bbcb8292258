# SPDX-License-Identifier: GPL-2.0-or-later
"""Nested 10,000 deep."""

DEEP = "[" * 10_000 + "]" * 10_000
EXAMPLE = f'```{{qmp-example}}\n:id: step\n\n-> {{ "execute": {DEEP} }}\n```\n'
