# SPDX-License-Identifier: GPL-2.0-or-later
"""What of the block layer's QMP the examples exercise.

::

    examples ──uses──► Use(kind, name, step) ─┐
    schema of the newest release ─────────────┼─measure──► Coverage ──► text, JSON, a page
    modules of the block layer ───────────────┘

    fences of steps ──answers, messages──► Message: what QEMU says when it refuses
"""

from blockdoc.coverage.measure import Coverage, Group, measure
from blockdoc.coverage.refusals import Answer, Fence, Message, Other, answers, messages
from blockdoc.coverage.report import to_json, to_markdown, to_text
from blockdoc.coverage.uses import Use, uses

__all__ = [
    "Answer",
    "Coverage",
    "Fence",
    "Group",
    "Message",
    "Other",
    "Use",
    "answers",
    "measure",
    "messages",
    "to_json",
    "to_markdown",
    "to_text",
    "uses",
]
