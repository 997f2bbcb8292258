# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of transcripts share."""

from dataclasses import dataclass

from blockdoc.errors import Place
from blockdoc.transcript import (
    Json,
    Match,
    Object,
    OfferKind,
    Release,
    apply_edits,
    match,
    parse_transcript,
    revise,
)

PLACE = Place("examples/jobs/some.md", 10)


@dataclass(frozen=True)
class Qemu:
    """A QEMU for conditions: its release, and what it offers."""

    release: Release
    offers: frozenset[tuple[OfferKind, str]] = frozenset()

    def has(self, kind: OfferKind, name: str) -> bool:
        """Look it up."""
        return (kind, name) in self.offers


def qemu(version: str, *offers: tuple[OfferKind, str]) -> Qemu:
    """Make a QEMU of a version that offers something."""
    return Qemu(Release.parse(version), frozenset(offers))


def read(text: str) -> Object:
    """Read the first message of a fence."""
    pattern = parse_transcript(text, PLACE).items[0].pattern
    assert isinstance(pattern, Object)
    return pattern


def held(text: str, actual: Json, captures: dict[str, Json] | None = None) -> Match:
    """Hold the first message of a fence against an answer."""
    return match(read(text), actual, captures or {})


def said(text: str, actual: Json, captures: dict[str, Json] | None = None) -> list[str]:
    """List the differences as sentences."""
    return [str(difference) for difference in held(text, actual, captures).differences]


def revised(text: str, actual: Json, captures: dict[str, Json] | None = None) -> str:
    """Put the first message of a fence right."""
    return apply_edits(text, revise(read(text), actual, captures or {}))
