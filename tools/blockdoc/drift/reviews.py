# SPDX-License-Identifier: GPL-2.0-or-later
"""For which release a section or rule was reviewed, where that is not its page's.

::

    docs/_data/reviews.json    { "drain-why": "10.2.2", "DRAIN-3": "10.2.2" }

A page says for all of it: ``reviewed: 10.2.2`` in its front matter.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from blockdoc.errors import AuthorError, MissingError
from blockdoc.units import Unit

__all__ = ["Reviews", "release_of"]

PATH = Path("docs/_data/reviews.json")


@dataclass(frozen=True, slots=True)
class Reviews:
    """The reviews that were recorded, by id."""

    releases: Mapping[str, str]

    @classmethod
    def read(cls, root: Path) -> "Reviews":
        """Read them; none if there is no file.

        :raise AuthorError: the file is not one of ours.
        """
        path = root / PATH
        if not path.exists():
            return cls({})
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            return cls({str(name): str(release) for name, release in data.items()})
        except (ValueError, AttributeError) as error:
            raise AuthorError(f"{PATH}: not a list of reviews ({error})") from None

    def write(self, root: Path) -> None:
        """Write them, whole or not at all."""
        path = root / PATH
        unfinished = path.with_suffix(".new")
        text = json.dumps(self.releases, indent=1, sort_keys=True) + "\n"
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)

    def record(self, unit: Unit, release: str) -> "Reviews":
        """Return these and one more."""
        return Reviews({**self.releases, unit.id: release})

    def apply(self, units: Iterable[Unit]) -> list[Unit]:
        """Give each unit the review that was recorded of it."""
        releases = self.releases
        return [replace(it, reviewed=releases.get(it.id, it.reviewed)) for it in units]


def release_of(text: str, known: Iterable[str]) -> str:
    """Return the release that `text` means: `10.2` is the 10.2.2 of the index.

    :raise MissingError: the index has none such.
    """
    known = list(known)
    for release in known:
        if text == release or release.startswith(f"{text}."):
            return release
    raise MissingError(f"no release {text!r} in the symbol index; it has {', '.join(known)}")
