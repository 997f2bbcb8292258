# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc reviewed``: record that a section or a rule was reviewed for a release.

One at a time, because that is how one reads.
"""

import argparse
import sys
from pathlib import Path

from blockdoc.cli.symbols import INDEX
from blockdoc.drift import Reviews
from blockdoc.drift.reviews import release_of
from blockdoc.source import Index
from blockdoc.units import find_unit, read_guide

__all__ = ["add_parser"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    about = __doc__.partition(": ")[2].partition("\n")[0]
    parser = commands.add_parser("reviewed", help=about)
    parser.add_argument("section", metavar="SECTION", help="drain-why, or DRAIN-3")
    parser.add_argument("--release", required=True, metavar="RELEASE", help="10.2")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Record one review."""
    root = Path.cwd()
    unit = find_unit(read_guide(root), options.section)
    release = release_of(options.release, Index.read(root / INDEX).releases)
    reviews = Reviews.read(root)
    (before,) = reviews.apply([unit])
    reviews.record(unit, release).write(root)
    sys.stdout.write(
        f"{unit.place}: {unit.id} is reviewed for {release}"
        f" (before: {before.reviewed or 'not at all'})\n"
    )
    return 0
