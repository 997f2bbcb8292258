# SPDX-License-Identifier: GPL-2.0-or-later
"""A list in a list in a list, in YAML."""

EXAMPLE = f"---\nargs: {'[' * 10_000}{']' * 10_000}\n---\n"
