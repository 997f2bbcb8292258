# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc adopt``: make an example file of one in QEMU's own documentation."""

import argparse
import re
import sys
from pathlib import Path

from blockdoc.errors import AuthorError, MissingError, Place
from blockdoc.export.rst import example_text
from blockdoc.upstream import find_snippets, snippet_at

__all__ = ["add_parser", "run"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it
_LINE = re.compile(r"(?P<file>.+?):(?P<line>\d{1,9})")


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("adopt", help=__doc__.partition(": ")[2])
    parser.add_argument("place", metavar="FILE:LINE", help="a line of it, in a .rst or .json")
    parser.add_argument("--id", default="", help="the name of the step")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the file to the standard output."""
    found = _LINE.fullmatch(options.place)
    if found is None:
        raise AuthorError(f"{options.place}: expected FILE:LINE")
    path = Path(found["file"])
    if not path.is_file():
        raise MissingError(f"{path}: no such file")
    snippets = list(find_snippets(path.parent, path.name))
    place = Place(str(path), int(found["line"]))
    sys.stdout.write(example_text(snippet_at(snippets, place), options.id))
    return 0
