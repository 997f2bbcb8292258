# SPDX-License-Identifier: GPL-2.0-or-later
"""The releases that the guide is held against, and where they are kept.

::

    releases.toml ──► supported()      series, and the suites of Debian that have it
                      sources()        the same for the series whose sources are read
    the cache     ──► installed()      series of which there is a tree
                      release_tree()   its folder, laid out as packages are: usr/bin, usr/lib …
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from blockdoc.cachedir import cache_folder
from blockdoc.errors import MissingError
from blockdoc.transcript import Release

__all__ = [
    "Supported",
    "choose_supported",
    "installed",
    "is_series",
    "packages",
    "release_tree",
    "sources",
    "supported",
]

TABLE = Path(__file__).with_name("releases.toml")
SERIES = re.compile(r"[0-9]+\.[0-9]+")


@dataclass(frozen=True, slots=True)
class Supported:
    """A release that the guide is held against."""

    #: Such as ``10.0``.
    series: str
    #: The suite of Debian that has it.
    suite: str
    #: More suites, whose packages are preferred.
    extra: tuple[str, ...] = ()


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def _entries(kind: str) -> tuple[Supported, ...]:
    return tuple(
        Supported(entry["series"], entry["suite"], tuple(entry.get("extra", ())))
        for entry in _table()[kind]
    )


def packages() -> tuple[str, ...]:
    """Return the packages that a release is made of."""
    return tuple(_table()["packages"])


def supported() -> tuple[Supported, ...]:
    """Return the releases that the guide is held against, oldest first."""
    return _entries("release")


def sources() -> tuple[Supported, ...]:
    """Return the series whose sources the guide reads, oldest first."""
    return _entries("source")


def choose_supported(
    names: Sequence[str], among: tuple[Supported, ...] | None = None
) -> tuple[Supported, ...]:
    """Return the releases called `names`, in the table's order; ``all`` is all of them.

    :raise MissingError: there is no such release.
    """
    there = supported() if among is None else among
    known = [release.series for release in there]
    for name in names:
        if name not in (*known, "all"):
            raise MissingError(
                f"{name!r} is no release that can be installed; "
                f"there are {', '.join(known)}, and `all`"
            )
    return tuple(it for it in there if "all" in names or it.series in names)


def is_series(text: str) -> bool:
    """Say whether `text` names a release (``10.0``) rather than a folder (``./10.0``)."""
    return SERIES.fullmatch(text) is not None


def release_tree(series: str) -> Path:
    """Return the folder of an installed release, or where it would be."""
    return cache_folder("qemu") / series


def installed() -> list[str]:
    """Return the series that are installed, oldest first."""
    folder = cache_folder("qemu")
    found = folder.iterdir() if folder.is_dir() else ()
    names = (path.name for path in found if path.is_dir() and is_series(path.name))
    return sorted(names, key=Release.parse)
