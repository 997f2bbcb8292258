# SPDX-License-Identifier: GPL-2.0-or-later
"""Which sections and rules describe code that has changed since they were reviewed.

::

    pages ──guide──► units (sections, rules) ──┐
    symbols.json, or an older tree ──facts──┐  │
    a source tree ──────────────────facts───┴──┴─compare──► Drift ──report──► text, JSON,
                                   news: enum values,        │                Markdown
                                   commands, events     commits (git)
"""

from blockdoc.drift.compare import Change, Stale, compare, stale
from blockdoc.drift.facts import Fact, facts_of_index, facts_of_tree
from blockdoc.drift.news import News, find_news
from blockdoc.drift.reviews import Reviews

__all__ = [
    "Change",
    "Fact",
    "News",
    "Reviews",
    "Stale",
    "compare",
    "facts_of_index",
    "facts_of_tree",
    "find_news",
    "stale",
]
