# SPDX-License-Identifier: GPL-2.0-or-later
"""Find whose an unnamed backend is.

Exports and jobs make backends without a name, and no answer says which is whose.
What is known:

- ``query-block-exports`` names the node of each export.  Its backend takes
  ``consistent-read`` and shares ``write``; an NBD export alone does not share ``resize``.
- A job lists the nodes that it uses, and the permissions that its own backends take
  there follow from its type: see :data:`_JOB_BACKENDS`.

Where that leaves several backends with the same permissions to several owners, any
choice gives the same graph.  Where the permissions differ and the owner cannot be
known, the backends carry the names of all owners in question.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from blockdoc.graph._vertices import Link, Vertex
from blockdoc.graph.model import Kind

__all__ = ["Owner", "find_owners"]


@dataclass(frozen=True, slots=True, order=True)
class Owner:
    """What a backend without a name is called."""

    name: str
    kind: Kind = "backend"
    driver: str = ""


@dataclass(frozen=True, slots=True)
class _Claim:
    """An owner that should have a backend at some node, and how to know it."""

    owner: Owner
    fits: Callable[[Link], bool]


def _exported(root: Link) -> bool:
    """Know the backend of an export: it reads, and lets others write and resize."""
    return "consistent-read" in root.perm and {"write", "resize"} <= root.shared


def _served(root: Link) -> bool:
    """Know the backend of an NBD export: its clients were told the length."""
    return (
        "consistent-read" in root.perm
        and "write" in root.shared
        and "resize" not in root.shared
    )


def _written(root: Link) -> bool:
    return "write" in root.perm and "consistent-read" not in root.perm


def _committed(root: Link) -> bool:
    return {"consistent-read", "write"} <= root.perm and "write" not in root.shared


def _watched(root: Link) -> bool:
    return not root.perm


def _copied(root: Link) -> bool:
    return root.perm == {"consistent-read"}


#: Backends that jobs make: type of the job and role of its edge, what the backend is
#: called after the job's id, and the permissions by which it is known.
_JOB_BACKENDS: Final[dict[tuple[str, str], tuple[str, Callable[[Link], bool]]]] = {
    ("mirror", "target"): ("target", _written),
    ("commit", "target"): ("target", _written),
    ("commit", "base"): ("base", _committed),
    ("commit", "intermediate node"): ("top", _watched),
    ("stream", "main node"): ("main node", _copied),
}


def find_owners(
    vertices: Sequence[Vertex],
    links: Sequence[Link],
    exports: Sequence[Mapping[str, Any]],
) -> dict[int, Owner]:
    """Say of each unnamed backend whose it is, if that can be known."""
    unnamed = {
        vertex.key for vertex in vertices if vertex.kind == "backend" and not vertex.name
    }
    roots = defaultdict(list)
    for link in links:
        if link.parent in unnamed:
            roots[link.child].append(link)
    claims = _claims(vertices, links, exports)
    return {
        key: owner
        for node, at_node in roots.items()
        for group, claimants in _groups(at_node, claims[node])
        for key, owner in _settle(group, claimants)
    }


def _claims(
    vertices: Sequence[Vertex],
    links: Sequence[Link],
    exports: Sequence[Mapping[str, Any]],
) -> defaultdict[int, list[_Claim]]:
    """List who should have a backend at which node."""
    claims: defaultdict[int, list[_Claim]] = defaultdict(list)
    number = {
        vertex.raw: vertex.key for vertex in vertices if vertex.kind in {"node", "filter"}
    }
    for export in exports:
        owner = Owner(export["id"], "export", export["type"])
        node = number.get(export["node-name"], 0)
        claims[node].append(_Claim(owner, _served if export["type"] == "nbd" else _exported))
    jobs = {vertex.key: vertex for vertex in vertices if vertex.kind == "job"}
    for link in links:
        job = jobs.get(link.parent)
        if job and (job.driver, link.role) in _JOB_BACKENDS:
            what, fits = _JOB_BACKENDS[job.driver, link.role]
            claims[link.child].append(_Claim(Owner(f"{job.name} {what}"), fits))
    return claims


def _groups(
    roots: Iterable[Link],
    claims: Sequence[_Claim],
) -> list[tuple[list[Link], list[_Claim]]]:
    """Split the backends of a node so that no claim fits two groups."""
    groups: list[tuple[list[Link], list[_Claim]]] = []
    for root in roots:
        fitting = [claim for claim in claims if claim.fits(root)]
        joined = [group for group in groups if any(claim in group[1] for claim in fitting)]
        rest = [group for group in groups if group not in joined]
        members = [root, *(member for group in joined for member in group[0])]
        wanted = [
            claim for claim in claims if claim in fitting or any(claim in g[1] for g in joined)
        ]
        groups = [*rest, (members, wanted)]
    return groups


def _settle(roots: Sequence[Link], claims: Sequence[_Claim]) -> list[tuple[int, Owner]]:
    """Give the backends of a group to those who claim them."""
    owners = sorted(claim.owner for claim in claims)
    if len({(root.perm, root.shared) for root in roots}) == 1:
        return [(root.parent, owner) for root, owner in zip(roots, owners, strict=False)]
    return [
        (root.parent, _any_of(sorted(claim.owner for claim in claims if claim.fits(root))))
        for root in roots
        if claims
    ]


def _any_of(owners: Sequence[Owner]) -> Owner:
    """Name all owners that a backend may have."""
    kinds = {owner.kind for owner in owners}
    drivers = {owner.driver for owner in owners}
    return Owner(
        " or ".join(owner.name for owner in owners),
        kinds.pop() if len(kinds) == 1 else "backend",
        drivers.pop() if len(drivers) == 1 else "",
    )
