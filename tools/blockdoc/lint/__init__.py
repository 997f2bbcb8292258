# SPDX-License-Identifier: GPL-2.0-or-later
"""Looks for mistakes in transcripts, without running them.

::

    Transcript + Schema ──check_transcript──► findings ──to_text, to_json, to_junit──► a report
    examples, pages ──────lint_files───────────┘
"""

from blockdoc.lint.examples import Report, lint_files, lint_text
from blockdoc.lint.finding import Finding, Kind
from blockdoc.lint.report import Checked, to_json, to_junit, to_text
from blockdoc.lint.transcript import check_transcript

__all__ = [
    "check_transcript",
    "lint_files",
    "lint_text",
    "Report",
    "Finding",
    "Kind",
    "Checked",
    "to_text",
    "to_json",
    "to_junit",
]
