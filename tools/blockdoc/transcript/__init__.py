# SPDX-License-Identifier: GPL-2.0-or-later
"""Transcripts: what was said to QEMU, and what it answered.

::

    text ──parse_transcript──► Transcript ──match──► differences ──► a verdict
                                   │
                                   └──revise──► edits ──apply_edits──► text that matches

docs/tools/transcript.md has the grammar.
"""

from blockdoc.transcript.condition import Condition, Offer, OfferKind, Release, Target, choose
from blockdoc.transcript.contrast import Span, contrast
from blockdoc.transcript.dialogue import (
    CONSOLE,
    DEBUGGER,
    MONITOR,
    Exchange,
    fits,
    parse_dialogue,
    revise_lines,
    without_dialogue,
    without_transcript,
)
from blockdoc.transcript.difference import Difference, show
from blockdoc.transcript.json_text import read_value
from blockdoc.transcript.layout import format_message
from blockdoc.transcript.match import Match, match, substitute
from blockdoc.transcript.model import (
    Array,
    Capture,
    Command,
    Elided,
    Elision,
    Event,
    Item,
    Json,
    Member,
    Object,
    Pattern,
    Reply,
    Scalar,
    Source,
    Transcript,
    strings_of,
)
from blockdoc.transcript.parse import parse_transcript
from blockdoc.transcript.revise import Edit, apply_edits, revise

__all__ = [
    "parse_transcript",
    "read_value",
    "Transcript",
    "strings_of",
    "Item",
    "Command",
    "Reply",
    "Event",
    "Elision",
    "match",
    "Match",
    "Difference",
    "substitute",
    "revise",
    "Edit",
    "apply_edits",
    "format_message",
    "parse_dialogue",
    "Exchange",
    "fits",
    "CONSOLE",
    "DEBUGGER",
    "MONITOR",
    "revise_lines",
    "without_dialogue",
    "without_transcript",
    "Release",
    "Condition",
    "Offer",
    "OfferKind",
    "Target",
    "choose",
    "Pattern",
    "Object",
    "Member",
    "Array",
    "Scalar",
    "Capture",
    "Elided",
    "Json",
    "Source",
    "show",
    "contrast",
    "Span",
]
