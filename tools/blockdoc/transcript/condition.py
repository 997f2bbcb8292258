# SPDX-License-Identifier: GPL-2.0-or-later
"""Which releases of QEMU an example, or one of its alternatives, is for.

::

    condition  = comparison { "," comparison }          all must hold
    comparison = "qemu" operator version
    operator   = ">=" | "<=" | "==" | ">" | "<"
    version    = number "." number [ "." number ]

A version of two numbers is a whole series: ``qemu <= 10.0`` holds for 10.0.13.
A development version counts as the release to come: 10.0.50 as 10.1, and
10.2.50 as 11.0, for QEMU begins a new major version each year.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from blockdoc.errors import AuthorError, Place, QemuError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Condition", "Release", "choose"]

_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})(?:\.([0-9]{1,4}))?")
_COMPARISON = re.compile(rf"qemu\s*(>=|<=|==|>|<)\s*({_VERSION.pattern})")
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


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One ``qemu >= 10.0``."""

    operator: str
    version: tuple[int, ...]

    def applies(self, release: Release) -> bool:
        """Compare as many numbers as the author wrote."""
        return _OPERATORS[self.operator](release[: len(self.version)], self.version)

    @property
    def is_upper(self) -> bool:
        """Whether newer releases are left out."""
        return self.operator in ("<", "<=", "==")


@dataclass(frozen=True, slots=True)
class Condition:
    """What a release must be; ``str()`` is what the author wrote."""

    text: str
    place: Place
    comparisons: tuple[_Comparison, ...]

    @classmethod
    def parse(cls, text: str, place: Place) -> Condition:
        """Read a condition."""
        parts = tuple(_parse_comparison(part.strip(), place) for part in text.split(","))
        return cls(text.strip(), place, parts)

    def applies(self, release: Release) -> bool:
        """Say whether it holds for a release."""
        return all(part.applies(release) for part in self.comparisons)

    def __str__(self) -> str:
        return self.text

    def last_known(self) -> tuple[int, ...] | None:
        """Name the version up to which it can hold; None if there is no such."""
        return min((part.version for part in self.comparisons if part.is_upper), default=None)


def _parse_comparison(text: str, place: Place) -> _Comparison:
    """Read one ``qemu >= 10.0``."""
    found = _COMPARISON.fullmatch(text)
    if not found:
        message = (
            f"cannot read the condition `{text}`; "
            'expected "qemu >= 10.0" (or <=, ==, >, <), several joined by commas'
        )
        raise AuthorError(message, place)
    sign, version = found.group(1, 2)
    return _Comparison(sign, tuple(int(number) for number in version.split(".")))


def choose(conditions: Sequence[Condition | None], release: Release) -> int:
    """Find the one alternative that applies to a release.

    A release that is newer than all that the conditions know is held against
    the newest: so a new release shows what it changes.
    """
    fitting = [
        index
        for index, condition in enumerate(conditions)
        if condition is None or condition.applies(release)
    ]
    if not fitting:
        fitting = _newest(conditions, release)
    if len(fitting) == 1:
        return fitting[0]
    raise _undecided(conditions, fitting, release)


def _newest(conditions: Sequence[Condition | None], release: Release) -> list[int]:
    """Find the alternatives for the newest releases, if this one is newer still."""
    known = [condition.last_known() if condition else None for condition in conditions]
    bounds = [bound for bound in known if bound is not None]
    if len(bounds) < len(known) or not bounds or release[: len(max(bounds))] < max(bounds):
        return []
    return [index for index, bound in enumerate(known) if bound == max(bounds)]


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
