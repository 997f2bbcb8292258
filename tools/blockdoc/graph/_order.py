# SPDX-License-Identifier: GPL-2.0-or-later
"""Put the vertices of a graph into an order that follows from the graph alone.

Vertices start with a rank by what they are; then each is ranked anew by its own rank
and those of its neighbours, until that tells no more apart (colour refinement).  If
vertices remain that look the same from everywhere, one of them is put first and the
ranking goes on: in a graph of disks and chains they are images of each other, so the
text comes out the same whichever it is.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from blockdoc.graph._vertices import Link
from blockdoc.graph.model import Node, letters

__all__ = ["canonical_order"]


def canonical_order(nodes: Mapping[int, Node], links: Sequence[Link]) -> list[int]:
    """Order the keys of nodes, whatever their keys are."""
    around = defaultdict(list)
    for link in links:
        label = (link.role, letters(link.perm), letters(link.shared))
        around[link.parent].append(("down", *label, link.child))
        around[link.child].append(("up", *label, link.parent))
    ranks = _rank({key: (n.kind, n.name, n.driver, n.flags) for key, n in nodes.items()})
    ranks = _refine(ranks, around)
    while (tied := _tied(ranks)) is not None:
        ranks = _refine(
            {**{k: 2 * rank + 1 for k, rank in ranks.items()}, tied: 2 * ranks[tied]}, around
        )
    return sorted(ranks, key=lambda key: ranks[key])


def _refine(ranks: dict[int, int], around: Mapping[int, Iterable[Any]]) -> dict[int, int]:
    """Rank by rank and neighbours until that tells no more apart."""
    classes = 0
    while classes != len(set(ranks.values())):
        classes = len(set(ranks.values()))
        ranks = _rank(
            {
                key: (rank, tuple(sorted((*how, ranks[other]) for *how, other in around[key])))
                for key, rank in ranks.items()
            },
        )
    return ranks


def _rank(signs: Mapping[int, Any]) -> dict[int, int]:
    """Rank vertices by what they look like."""
    number: dict[Hashable, int] = {
        sign: place for place, sign in enumerate(sorted(set(signs.values())))
    }
    return {key: number[sign] for key, sign in signs.items()}


def _tied(ranks: Mapping[int, int]) -> int | None:
    """Pick a vertex of the first rank that several have."""
    count = Counter(ranks.values())
    several = [rank for rank, members in count.items() if members > 1]
    if not several:
        return None
    return next(key for key, rank in ranks.items() if rank == min(several))
