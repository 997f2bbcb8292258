# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare what two releases say of a name, and weigh what that means for a page.

::

    gone       not there any more                               heaviest
    signature  other parameters, or another type
    annotation the graph lock that it needs, whether it is for coroutines, who may call it
    body       other code; heavier, the more of it is other
    moved      the same code in another file                    lightest

A name of which many pages speak says little about each of them, as in searching.
"""

import difflib
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from blockdoc.drift.facts import Fact
from blockdoc.source.body import lines, tokens
from blockdoc.units import Unit

__all__ = ["Change", "Stale", "compare", "stale"]

WEIGHTS = {"gone": 5.0, "signature": 4.0, "annotation": 2.0, "body": 1.0, "moved": 0.5}
_NOTE = re.compile(
    r"(?:GRAPH|TSA|G_GNUC)_\w+|(?:no_)?co(?:routine|_wrapper)\w*|coroutine_mixed_fn|static|inline"
)
#: A body that is wholly other weighs so much more.
REWRITTEN = 3.0
#: A rule is cited in reviews, so it has to be right first.
RULE = 1.5


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a name."""

    name: str
    #: `gone`, `signature`, `annotation`, `body`, `moved`.
    kind: str
    old: Fact
    new: Fact | None
    #: How much of the code is other, from 0 to 1; 0 if the old code is not at hand.
    share: float = 0.0
    #: Unified, without its head.
    diff: tuple[str, ...] = ()
    #: What it may be called now, if it is gone.
    now: str = ""
    #: Commits that touched it, newest first; empty without a git tree.
    commits: tuple[str, ...] = ()

    @property
    def weight(self) -> float:
        """How much it matters."""
        return WEIGHTS[self.kind] + REWRITTEN * self.share


@dataclass(frozen=True, slots=True)
class Stale:
    """A section or a rule whose code has changed."""

    unit: Unit
    #: The heaviest first.
    changes: tuple[Change, ...]
    score: float


def compare(old: Mapping[str, Fact], new: Mapping[str, Fact]) -> dict[str, Change]:
    """Say what became of each name that the older release has; what is as it was is left out.

    :param old: by name; with code (:attr:`.Fact.code`), the difference is shown.
    :param new: by name; what is not there is gone.
    """
    found = ((name, _change(name, fact, new.get(name))) for name, fact in old.items())
    return {name: change for name, change in found if change}


def _change(name: str, old: Fact, new: Fact | None) -> Change | None:
    if new is None:
        return Change(name, "gone", old, new)
    prototype = _prototype(old, new)
    body = old.hash != new.hash
    share, diff = _difference(old.code, new.code) if body else (0.0, ())
    if prototype and old.kind != "macro":
        return Change(name, prototype, old, new, share, diff)
    if body:
        return Change(name, "body", old, new, share, diff)
    return Change(name, "moved", old, new) if old.file != new.file else None


def _prototype(old: Fact, new: Fact) -> str:
    """Say how the two prototypes differ; nothing if they do not."""
    before, after = tokens(old.signature), tokens(new.signature)
    if before == after:
        return ""
    before, after = ([it for it in its if not _NOTE.fullmatch(it)] for its in (before, after))
    return "annotation" if before == after else "signature"


def _difference(old: str, new: str) -> tuple[float, tuple[str, ...]]:
    if not old or not new:
        return 0.0, ()
    before, after = list(lines(_inside(old))), list(lines(_inside(new)))
    diff = list(difflib.unified_diff(before, after, n=1, lineterm=""))[2:]
    changed = sum(line[0] in "+-" for line in diff)
    share = min(1.0, changed / (len(before) + len(after)))
    return share, tuple("..." if line.startswith("@@") else line for line in diff[1:])


def _inside(code: str) -> str:
    """Return a definition from its first brace on: its head is shown as the signature."""
    head, brace, body = code.partition("{")
    return brace + body if brace and head.rstrip().endswith(")") else code


def stale(units: Iterable[Unit], changes: Mapping[str, Mapping[str, Change]]) -> list[Stale]:
    """Find the units that name what has changed since their review; the heaviest first.

    `changes` are those since each release that a unit may have been reviewed for.
    """
    units = list(units)
    speaking = Counter(name for unit in units for name in unit.names)
    found = []
    for unit in units:
        since = changes.get(unit.reviewed, {})
        its = [since[name] for name in unit.names if name in since]
        its.sort(key=lambda it: (-_score(it, speaking), it.name))
        if its:
            found.append(Stale(unit, tuple(its), _sum(unit, its, speaking)))
    return sorted(found, key=lambda it: (-it.score, it.unit.path, it.unit.line))


def _sum(unit: Unit, changes: Sequence[Change], speaking: Mapping[str, int]) -> float:
    """Add up, each change after the heaviest counting less: a long table is no alarm."""
    whole = sum(_score(it, speaking) / place for place, it in enumerate(changes, 1))
    return whole * (RULE if unit.kind == "rule" else 1.0)


def _score(change: Change, speaking: Mapping[str, int]) -> float:
    return change.weight / math.sqrt(speaking[change.name])
