# SPDX-License-Identifier: GPL-2.0-or-later
"""Find the rules of the guide that a patch touches.

::

    a diff, a series, an mbox ──patch──► Patch ──┐
                                                 ├─rank──► matches ──► lines for a review
    pages ──units──► rules, sections ────────────┘
"""

from blockdoc.review.patch import Patch, read_patches
from blockdoc.review.rank import Match, Ranking

__all__ = ["Match", "Patch", "Ranking", "read_patches"]
