# SPDX-License-Identifier: GPL-2.0-or-later
"""How a rule or a section is cited in plain text.

::

    [DRAIN-3] Never drain under the graph lock <https://…/drain.html#drain-3>
    [DRAIN-3] Never drain under the graph lock

Without the address of a published site there is no link, rather than a dead one.
"""

import os
from pathlib import PurePosixPath

__all__ = ["base_url", "citation"]


def base_url() -> str:
    """Return where the site is published, as conf.py has it: GUIDE_BASE_URL, or nothing."""
    return os.environ.get("GUIDE_BASE_URL", "")


def citation(name: str, title: str, path: str, anchor: str, base: str = "") -> str:
    """Return one line; `path` is that of the page, with its suffix or without."""
    plain = f"[{name}] {title.replace('`', '')}"
    if not base:
        return plain
    page = PurePosixPath(path).with_suffix("") if path.endswith(".md") else path
    fragment = f"#{anchor}" if anchor else ""
    return f"{plain} <{base.rstrip('/')}/{page}.html{fragment}>"
