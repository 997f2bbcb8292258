# SPDX-License-Identifier: GPL-2.0-or-later
"""Which rules and sections a patch touches, most relevant first, and why.

::

    the patch changes a function that the rule names             CHANGES
    it adds or removes a call of one                             CALLS
    its message has the name                                     SAYS
    it writes the name on a changed line                         WRITES
    it mends a commit that the rule links                        FIXES
    its message and the rule speak of the same things            WORDS

A name counts for more, the fewer rules have it; so does a word.  What a page only writes
as code, without saying that it describes it, counts half.  Many weak reasons do not
outweigh a strong one: each one after the first counts half of the one before.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from blockdoc.review.patch import Patch
from blockdoc.units import Unit

__all__ = ["Match", "Ranking"]

CHANGES, CALLS, SAYS, WRITES, FIXES, WORDS = 1.0, 0.8, 0.4, 0.35, 6.0, 35.0
#: Of what stands for a rule: its first line is what it says.
TITLE = 3
#: What scores less than this share of the best is noise.
SHARE = 0.45
#: And what scores less than this says nothing at all.
LEAST = 4.0
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,}")
_NOISE = re.compile(
    r"^\s*(?:[\w-]+-by|Message-I[dD]|Cc|Fixes|Link|Date|From|Author|commit|index|Resolves|Buglink"
    r"|Date|AuthorDate):?\s.*$|<[^>]*>|^\s*\[.*\]$|\{[a-z]+\}|https?://\S+",
    re.MULTILINE,
)
#: Words that say nothing.
_STOP = frozenset(
    re.split(
        " ",
        "the and that not with for this are was have has from but its can may when which while "
        "then than into only also because would should could there these those they what will "
        "been were does did done all any before after other about still each our you your",
    )
)


@dataclass(frozen=True, slots=True)
class Match:
    """A rule or a section that a patch touches."""

    unit: Unit
    score: float
    #: The strongest first.
    why: tuple[str, ...]


class Ranking:
    """The guide, weighed once for many patches."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self.units = units
        self.rules = sum(unit.kind == "rule" for unit in units) or 1
        self.speaking = {
            kind: Counter(
                name
                for unit in units
                if unit.kind == kind
                for name in {*unit.names, *unit.mentioned}
            )
            for kind in ("rule", "section")
        }
        self.bags = {unit.place: _bag(unit) for unit in units}
        self.holding = Counter(word for bag in self.bags.values() for word in bag)

    def rank(self, patch: Patch) -> list[Match]:
        """Return what the patch touches, the most relevant first."""
        words = _words(f"{patch.subject}\n" * TITLE + patch.message)
        matches = [self._match(unit, patch, words) for unit in self.units]
        matches.sort(key=lambda it: (-it.score, it.unit.path, it.unit.line))
        return [it for it in matches if it.score >= LEAST and it.why]

    def few(self, patch: Patch, rules: int = 3, sections: int = 2) -> list[Match]:
        """Return the best, rules first, and none that is far behind them."""
        matches = self.rank(patch)
        limit = SHARE * matches[0].score if matches else 0.0
        near = [match for match in matches if match.score >= limit]
        return [
            match
            for kind, most in (("rule", rules), ("section", sections))
            for match in [it for it in near if it.unit.kind == kind][:most]
        ]

    def _match(self, unit: Unit, patch: Patch, words: Counter[str]) -> Match:
        reasons = self._names(unit, patch)
        for commit in patch.fixes:
            if any(it.startswith(commit[:7]) for it in unit.commits):
                reasons.append((FIXES, f"fixes {commit[:12]}, which it links"))
        reasons.sort(key=lambda it: (-it[0], it[1]))
        score = sum(value / 2**place for place, (value, _) in enumerate(reasons))
        likeness, shared = self._likeness(words, self.bags[unit.place])
        if not reasons and len(shared) == 1:  # a short message is like whatever has its word
            return Match(unit, 0.0, ())
        why = [reason for _, reason in reasons[:3]]
        if shared and likeness * WORDS >= 1:
            forms = _forms(patch.message)
            said = ", ".join(forms.get(word, word) for word in shared)
            why.append(f"the message speaks of {said}")
        return Match(unit, score + likeness * WORDS, tuple(why))

    def _names(self, unit: Unit, patch: Patch) -> list[tuple[float, str]]:
        """Weigh each name of a unit that the patch has."""
        reasons = []
        said = Counter(_WORD.findall(_NOISE.sub(" ", f"{patch.subject}\n{patch.message}")))
        for name in (*unit.names, *unit.mentioned):
            symbol = name.rpartition(":")[2].rpartition(".")[2]
            rare = math.log((self.rules + 1) / self.speaking[unit.kind][name])
            rare *= 1.0 if name in unit.names else 0.5
            for weight, counts, verb in (
                (CHANGES, patch.changed, "changes"),
                (CALLS, patch.called, "adds or removes a call of"),
                (SAYS, said, "speaks of"),
                (WRITES, patch.written, "writes"),
            ):
                if counts[symbol]:
                    reasons.append((weight * rare, f"{verb} {symbol}"))
                    break
        return reasons

    def _likeness(
        self, one: Mapping[str, int], other: Mapping[str, int]
    ) -> tuple[float, list[str]]:
        """Return how much two texts speak of the same, and of what most."""
        weights = {word: self._rarity(word) for word in {*one, *other}}

        def size(bag: Mapping[str, int]) -> float:
            return math.sqrt(sum((_damp(n) * weights[word]) ** 2 for word, n in bag.items()))

        shared = {
            word: _damp(one[word]) * _damp(other[word]) * weights[word] ** 2
            for word in one.keys() & other.keys()
        }
        whole = size(one) * size(other)
        most = sorted(shared, key=lambda word: (-shared[word], word))[:4]
        return (sum(shared.values()) / whole if whole else 0.0), most

    def _rarity(self, word: str) -> float:
        return math.log((len(self.units) + 1) / (self.holding[word] + 0.5))


def _damp(count: int) -> float:
    return 1 + math.log(count) if count else 0.0


def _bag(unit: Unit) -> Counter[str]:
    names = " ".join(unit.names)
    return _words(f"{unit.title}\n" * TITLE + f"{unit.text}\n{names}")


def _words(text: str) -> Counter[str]:
    """Count the words, without those that say nothing, and without their endings."""
    found = _WORD.findall(_NOISE.sub(" ", text))
    return Counter(_stem(word.lower()) for word in found if word.lower() not in _STOP)


def _forms(text: str) -> dict[str, str]:
    """Return each stem's first form in a text: what a reader finds there."""
    return {_stem(word.lower()): word for word in reversed(_WORD.findall(text))}


def _stem(word: str) -> str:
    if "_" in word:
        return word
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 3:
            return word.removesuffix(ending)
    return word
