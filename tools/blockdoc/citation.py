# SPDX-License-Identifier: GPL-2.0-or-later
"""How what has an id is cited in plain text.

::

    [DRAIN-3] Never drain under the graph lock <https://…/r/DRAIN-3/>
    [DRAIN-3] Never drain under the graph lock

The link is the short one, which leads to wherever that is now.
Without the address of a published site there is no link, rather than a dead one.
"""

import os
from typing import Final

__all__ = ["base_url", "citation"]

#: A mail says in ASCII what a page says with typographer's marks.
_PLAIN: Final = str.maketrans(
    {
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{EN DASH}": "--",
        "\N{EM DASH}": "---",
        "\N{HORIZONTAL ELLIPSIS}": "...",
        "`": "",
    }
)


def base_url() -> str:
    """Return where the site is published, as conf.py has it: GUIDE_BASE_URL, or nothing."""
    return os.environ.get("GUIDE_BASE_URL", "")


def citation(name: str, title: str, base: str = "") -> str:
    """Return one line of plain text.

    :param name: a permanent id, as :class:`.Citable` has it.
    :param base: where the site is published; without it there is no link.
    """
    plain = f"[{name}] {' '.join(title.translate(_PLAIN).split())}"
    return f"{plain} <{base.rstrip('/')}/r/{name}/>" if base else plain
