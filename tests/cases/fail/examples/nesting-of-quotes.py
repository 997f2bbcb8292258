# SPDX-License-Identifier: GPL-2.0-or-later
"""A quote in a quote in a quote, in Markdown."""

EXAMPLE = "> " * 20_000 + "x\n\n```{qmp-example}\n"
