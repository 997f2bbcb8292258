# SPDX-License-Identifier: GPL-2.0-or-later
"""Why an edge takes and shares what it does: which rule of the guide says so.

:data:`REASONS` is the only place where a rule's number stands in the code; the site's
pictures link to it, and ``--why-not`` names it.  A kind of edge whose rule has no number
yet is explained by a section.
"""

from dataclasses import dataclass
from typing import Final, Literal

from blockdoc.graph.model import Edge, Kind, Node

__all__ = ["REASONS", "TERMS", "Reason", "Why", "why"]

#: What an edge, or a node's refusal, rests on.
Why = Literal[
    "device",
    "export",
    "backend",
    "job",
    "job filter",
    "filter",
    "file",
    "backing",
    "node",
    "ro",
    "inactive",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """What the guide says of it."""

    #: In a few words.
    words: str
    #: The rule's id, such as ``GRAPH-4``; empty if it has none.
    rule: str
    #: The section that tells of it: its target within `page`.
    section: str
    #: The page of rule and section.
    page: str = "docs/devel/block/graph"

    @property
    def target(self) -> str:
        """Return what a picture links to: ``rule:GRAPH-4`` or ``ref:graph-errors``."""
        return f"rule:{self.rule}" if self.rule else f"ref:{self.section}"

    def __str__(self) -> str:
        """Cite it as a reader finds it: id, words, place."""
        place = f"{self.page}.md#{(self.rule or self.section).lower()}"
        return f"{f'Rule {self.rule}' if self.rule else 'Rule'}: {self.words} ({place})"


_PERMISSIONS: Final = "docs/devel/block/permissions"

REASONS: Final[dict[Why, Reason]] = {
    "device": Reason(
        "a guest's disk shares all but write, and some not resize; with share-rw=on it shares"
        " write too",
        "PERM-6",
        "permissions-rules",
        _PERMISSIONS,
    ),
    "export": Reason(
        "an export shares what its protocol can live with; NBD's cannot tell of a new length",
        "EXPORT-1",
        "exports-rules",
        "docs/devel/block/exports",
    ),
    "backend": Reason(
        "what a user shares it can bear, and what it does not share it cannot",
        "PERM-1",
        "permissions-rules",
        _PERMISSIONS,
    ),
    "job": Reason(
        "a job says on each of its nodes what it can bear while it runs",
        "PERM-10",
        "permissions-rules",
        _PERMISSIONS,
    ),
    "job filter": Reason(
        "the filter of a job takes and shares what its job needs",
        "PERM-10",
        "permissions-rules",
        _PERMISSIONS,
    ),
    "filter": Reason(
        "a filter hands on what its parents take and share",
        "PERM-8",
        "permissions-rules",
        _PERMISSIONS,
    ),
    "file": Reason(
        "the child that holds a format's metadata shares neither write nor resize",
        "PERM-7",
        "permissions-rules",
        _PERMISSIONS,
    ),
    "backing": Reason(
        "a backing edge shares write and resize only if all parents of its node share write",
        "PERM-9",
        "permissions-rules",
        _PERMISSIONS,
    ),
    "node": Reason(
        "a driver states what it takes of its children and shares, and is asked anew after "
        "each change above it",
        "GRAPH-4",
        "graph-rules",
    ),
    "ro": Reason("`Block node is read-only`: nobody may write to it", "", "graph-errors"),
    "inactive": Reason(
        "no parent may take more than consistent-read of an inactive node",
        "",
        "activation-model",
        "docs/devel/block/activation",
    ),
}

#: The glossary's word for each kind of node.
TERMS: Final[dict[Kind, str]] = {
    "job": "block job",
    "export": "export",
    "backend": "BlockBackend",
    "filter": "filter",
    "node": "node",
}

#: Filters that a job inserts; backup's is also one that a user may insert.
_OF_JOBS: Final = frozenset({"commit_top", "mirror_top", "copy-before-write"})
#: Drivers whose `file` has no metadata that they look after, or that decide otherwise.
_OTHERWISE: Final = frozenset({"raw", "luks", "replication", "vvfat"})


def why(parent: Node, edge: Edge) -> Why:
    """Say what an edge's permissions rest on."""
    if parent.kind == "export":
        return "export"
    if parent.kind == "backend":
        return _of_backend(parent)
    if parent.kind == "filter":
        return "job filter" if parent.driver in _OF_JOBS else "filter"
    if parent.kind == "job":
        return "job"
    if edge.role == "file" and parent.driver not in _OTHERWISE:
        return "file"
    return "backing" if edge.role == "backing" else "node"


def _of_backend(parent: Node) -> Why:
    """Tell a job's backend from a device's: QEMU's own names hold no blank, ours do.

    A job's is called after the job, ``mirror0 target``; one that nobody claims
    ``unnamed on top`` (:mod:`blockdoc.graph._naming`).
    """
    if " " in parent.name:
        nobodys = parent.name.rpartition(":")[2].startswith("unnamed on ")
        return "backend" if nobodys else "job"
    return "device"
