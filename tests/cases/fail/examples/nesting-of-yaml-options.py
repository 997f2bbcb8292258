# SPDX-License-Identifier: GPL-2.0-or-later
"""A list in a list in a list, in a step's options."""

EXAMPLE = f"```{{qmp-example}}\n---\nid: {'[' * 10_000}\n---\n```\n"
