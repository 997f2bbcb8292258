# SPDX-License-Identifier: GPL-2.0-or-later
"""Twenty thousand fences."""

EXAMPLE = (
    "".join(f"```{{qmp-example}}\n:id: s{n}\n```\n" for n in range(2_000))
    + "```{qmp-example}\n```\n"
)
