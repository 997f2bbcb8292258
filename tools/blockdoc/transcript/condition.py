# SPDX-License-Identifier: GPL-2.0-or-later
"""Which QEMU an example, or one of its alternatives, is for.

::

    condition  = part { "," part }                      all must hold
    part       = comparison | offer
    comparison = "qemu" operator version
    operator   = ">=" | "<=" | "==" | ">" | "<"
    version    = number "." number [ "." number ]
    offer      = [ "no" ] ( "command" | "event" | "driver" ) name

A version of two numbers is a whole series: ``qemu <= 10.0`` holds for 10.0.13.
A development version counts as the release to come: 10.0.50 as 10.1, and
10.2.50 as 11.0, for QEMU begins a new major version each year.

An offer asks what QEMU itself says that it has: ``command block-job-change``,
``no event BLOCK_IO_ERROR``, or a driver of ``blockdev-add``, such as ``driver nbd``.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeAlias, get_args

from blockdoc.errors import AuthorError, Place, QemuError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Condition", "Offer", "OfferKind", "Release", "Target", "choose"]

#: What a condition can ask for.
OfferKind: TypeAlias = Literal["command", "event", "driver"]

_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})(?:\.([0-9]{1,4}))?")
_COMPARISON = re.compile(rf"qemu\s*(>=|<=|==|>|<)\s*({_VERSION.pattern})")
_KINDS: dict[str, OfferKind] = {kind: kind for kind in get_args(OfferKind)}
_OFFER = re.compile(rf"(?:(no)\s+)?({'|'.join(_KINDS)})\s+([A-Za-z0-9_.-]+)")
_OPERATORS: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
#: From this micro version on it is the next release, in the making.
_DEVELOPMENT = 50
#: The last minor version of a year.
_LAST_MINOR = 2


class Release(NamedTuple):
    """A release of QEMU, ordered."""

    major: int
    minor: int
    micro: int = 0

    @classmethod
    def parse(cls, text: str) -> Release:
        """Read a version as QEMU prints it: ``10.2.50 (v10.2.0-…)``."""
        found = _VERSION.search(text)
        if not found:
            message = f"cannot read QEMU's version in `{text}`; expected one such as 10.0.2"
            raise QemuError(message)
        major, minor, micro = (int(number or 0) for number in found.groups())
        if micro < _DEVELOPMENT:
            return cls(major, minor, micro)
        return cls(major + 1, 0) if minor >= _LAST_MINOR else cls(major, minor + 1)

    @property
    def series(self) -> str:
        """The two numbers that people say."""
        return f"{self.major}.{self.minor}"

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.micro}"


class Target(Protocol):
    """A QEMU that conditions are held against."""

    @property
    def release(self) -> Release:
        """The release that it is."""

    def has(self, kind: OfferKind, name: str) -> bool:
        """Say whether it offers the command, event or driver `name`."""


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One ``qemu >= 10.0``."""

    operator: str
    version: tuple[int, ...]

    def applies(self, target: Target) -> bool:
        """Compare as many numbers as the author wrote."""
        return _OPERATORS[self.operator](target.release[: len(self.version)], self.version)

    @property
    def is_upper(self) -> bool:
        """Whether newer releases are left out."""
        return self.operator in ("<", "<=", "==")


@dataclass(frozen=True, slots=True)
class Offer:
    """One ``command block-job-change``, or ``no command block-job-change``."""

    kind: OfferKind
    name: str
    #: Whether it must be there, rather than must not.
    wanted: bool

    def applies(self, target: Target) -> bool:
        """Ask the target."""
        return target.has(self.kind, self.name) is self.wanted


@dataclass(frozen=True, slots=True)
class Condition:
    """What a QEMU must be; ``str()`` is what the author wrote."""

    text: str
    place: Place
    comparisons: tuple[_Comparison, ...]
    offers: tuple[Offer, ...] = ()

    @classmethod
    def parse(cls, text: str, place: Place) -> Condition:
        """Read a condition."""
        parts = [_parse_part(part.strip(), place) for part in text.split(",")]
        comparisons = tuple(part for part in parts if isinstance(part, _Comparison))
        offers = tuple(part for part in parts if isinstance(part, Offer))
        return cls(text.strip(), place, comparisons, offers)

    def applies(self, target: Target) -> bool:
        """Say whether it holds; what QEMU offers is asked only where the release fits."""
        fits = all(part.applies(target) for part in self.comparisons)
        return fits and all(offer.applies(target) for offer in self.offers)

    def __str__(self) -> str:
        return self.text

    def last_known(self) -> tuple[int, ...] | None:
        """Name the version up to which it can hold; None if there is no such."""
        return min((part.version for part in self.comparisons if part.is_upper), default=None)


def _parse_part(text: str, place: Place) -> _Comparison | Offer:
    """Read one ``qemu >= 10.0``, or one ``no command block-job-change``."""
    if found := _COMPARISON.fullmatch(text):
        sign, version = found.group(1, 2)
        return _Comparison(sign, tuple(int(number) for number in version.split(".")))
    if found := _OFFER.fullmatch(text):
        return Offer(_KINDS[found[2]], found[3], wanted=found[1] is None)
    message = (
        f"cannot read the condition `{text}`; "
        'expected "qemu >= 10.0" (or <=, ==, >, <), or "command NAME" (or event, driver; '
        '"no command NAME"), several joined by commas'
    )
    raise AuthorError(message, place)


def choose(conditions: Sequence[Condition | None], target: Target) -> int:
    """Find the one alternative that applies to a QEMU.

    A release that is newer than all that the conditions know is held against
    the newest: so a new release shows what it changes.
    """
    fitting = [
        index
        for index, condition in enumerate(conditions)
        if condition is None or condition.applies(target)
    ]
    if not fitting:
        fitting = _newest(conditions, target)
    if len(fitting) == 1:
        return fitting[0]
    raise _undecided(conditions, fitting, target.release)


def _newest(conditions: Sequence[Condition | None], target: Target) -> list[int]:
    """Find the alternatives for the newest releases, if this one is newer still.

    What they ask of the schema must hold all the same.
    """
    release = target.release
    known = [condition.last_known() if condition else None for condition in conditions]
    bounds = [bound for bound in known if bound is not None]
    if len(bounds) < len(known) or not bounds or release[: len(max(bounds))] < max(bounds):
        return []
    return [
        index
        for index, condition in enumerate(conditions)
        if condition is not None
        and condition.last_known() == max(bounds)
        and all(offer.applies(target) for offer in condition.offers)
    ]


def _undecided(
    conditions: Sequence[Condition | None], fitting: list[int], release: Release
) -> AuthorError:
    """Say which alternatives there are, and that they are none or too many."""
    several = bool(fitting)
    shown = [conditions[index] for index in fitting] if several else list(conditions)
    texts = "; ".join(
        f"line {condition.place.line}: {condition}" if condition else "one without a condition"
        for condition in shown
    )
    count = "more than one alternative applies" if several else "no alternative applies"
    advice = "make the conditions exclude each other" if several else "widen one, or add one"
    place = next((condition.place for condition in shown if condition), None)
    return AuthorError(f"{count} to QEMU {release} ({texts}); {advice}", place)
