# SPDX-License-Identifier: GPL-2.0-or-later
"""Guess what is gone is called now: the same code but for its name, in the same file."""

import re
from collections.abc import Mapping
from dataclasses import replace

from blockdoc.drift.compare import Change
from blockdoc.source import SourceTree
from blockdoc.source.body import digest

__all__ = ["with_renames"]


def with_renames(changes: Mapping[str, Change], tree: SourceTree) -> dict[str, Change]:
    """Add the new names of what is gone, where the old code is at hand."""
    return {
        name: replace(change, now=_now(change, tree)) if change.kind == "gone" else change
        for name, change in changes.items()
    }


def _now(change: Change, tree: SourceTree) -> str:
    """Return the first that has the code, or nothing."""
    old = change.old
    own = re.compile(rf"\b{re.escape(_last(change.name))}\b")
    for found in tree.declarations(old.file) if old.code else ():
        renamed = own.sub(_last(found.name), old.code)
        if found.defines and found.kind == old.kind and digest(renamed) == found.hash:
            return found.name
    return ""


def _last(name: str) -> str:
    """Return the name as the code has it: of a field, without its type."""
    return name.rpartition(":")[2].rpartition(".")[2]
