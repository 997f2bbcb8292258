# SPDX-License-Identifier: GPL-2.0-or-later
"""What QEMU's own documentation shows of QMP.

::

    qapi/*.json ──comments──┐
                            ├─► rst ──► Snippet ──read──► Reading(items, problems)
    docs/**/*.rst ──────────┘

docs/tools/lint-qapi.md has the grammar.
"""

from blockdoc.upstream.find import find_snippets, list_files, snippet_at
from blockdoc.upstream.reading import Problem, Reading, read_snippet
from blockdoc.upstream.snippet import Snippet, Style

__all__ = [
    "find_snippets",
    "list_files",
    "snippet_at",
    "Snippet",
    "Style",
    "read_snippet",
    "Reading",
    "Problem",
]
