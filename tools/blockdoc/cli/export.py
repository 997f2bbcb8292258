# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc export``: write a step of an example in the notation of others."""

import argparse
import sys
from pathlib import Path

from blockdoc.errors import BlockdocError, MissingError
from blockdoc.example import Step, examples_below, read_example, read_text
from blockdoc.export.rst import to_rst
from blockdoc.schema.recorded import Recorded, read_releases

__all__ = ["add_parser", "run"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("export", help=__doc__.partition(": ")[2])
    parser.add_argument(
        "ids",
        nargs="+",
        metavar="ID",
        help="a step: commit-active-start; or all of an example: jobs/commit-active",
    )
    form = parser.add_mutually_exclusive_group(required=True)
    form.add_argument("--rst", action="store_true", help="as QEMU's docs/**/*.rst have it")
    form.add_argument("--qapi", action="store_true", help="so, in a comment of qapi/*.json")
    parser.add_argument(
        "--release", metavar="X.Y", help="what this release answers (default: the newest)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write what can be written; 1 if something cannot, with a line for each."""
    target = _release(options.release)
    steps = [it for name in options.ids for it in _steps(name)]
    texts: list[str] = []
    status = 0
    for step in steps:
        try:
            texts.append(to_rst(step, target, comment=options.qapi))
        except BlockdocError as error:
            sys.stderr.write(f"{error}\n")
            status = 1
    sys.stdout.write(("#\n" if options.qapi else "\n").join(texts))
    return status


def _release(series: str | None) -> Recorded:
    releases = read_releases(Path.cwd())
    found = [it for it in releases if series in (None, it.release.series)]
    if not found:
        known = ", ".join(it.release.series for it in releases)
        raise MissingError(f"--release {series}: not recorded; there are {known}")
    return found[-1]


def _steps(name: str) -> tuple[Step, ...]:
    """Find a step by its id, or the steps of an example by its path."""
    root = Path.cwd()
    files = list(examples_below(root / "examples"))
    path = root / "examples" / f"{name.removeprefix('examples/').removesuffix('.md')}.md"
    if path in files:
        return read_example(path, root).steps
    for file in files:
        if name in read_text(file, str(file)):  # to look is quicker than to parse
            found = [it for it in read_example(file, root).steps if it.id == name]
            if found:
                return tuple(found)
    raise MissingError(f"{name}: no step and no example of this name below examples/")
