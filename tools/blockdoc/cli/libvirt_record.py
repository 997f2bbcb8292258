# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc libvirt-record``: record what libvirt says to QEMU, operation by operation.

::

    blockdoc libvirt-record trixie                         all of them, into the repository
    blockdoc libvirt-record trixie --only blockpull --out DIR
    blockdoc libvirt-record --list                         which there are
    blockdoc libvirt-record trixie --remove                the root that was brought for it

Needs root, for mounts in a namespace of its own.  Exit status: 0 done, 2 not.
"""

import argparse
import sys
from pathlib import Path

from blockdoc.cli.progress import progress
from blockdoc.errors import MissingError
from blockdoc.libvirt.operations import operations_of
from blockdoc.libvirt.record import record
from blockdoc.libvirt.root import SUITES, remove_root
from blockdoc.replay.recording import RECORDED

__all__ = ["add_parser", "run"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it
HELP = "record what libvirt says to QEMU, operation by operation"


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("libvirt-record", help=HELP, description=HELP)
    parser.add_argument(
        "suite", nargs="?", metavar="SUITE", help=f"of Debian: {', '.join(SUITES)}"
    )
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="OPERATION", help="these alone; default: all"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help=f"where the files are written; default: {RECORDED}/SUITE",
    )
    parser.add_argument("--list", action="store_true", help="tell which operations there are")
    parser.add_argument(
        "--remove", action="store_true", help="remove the root that was brought for SUITE"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Record."""
    if options.list:
        for it in operations_of():
            sys.stdout.write(f"{it.name:<34} {it.steps[0]}\n")
        return 0
    if options.suite not in SUITES:
        raise MissingError(
            f"{options.suite or 'nothing'!r} is no suite to record; there are "
            f"{', '.join(SUITES)}"
        )
    if options.remove:
        if not remove_root(options.suite, lambda what: print(what, file=sys.stderr)):
            raise MissingError(f"there is no root of {options.suite}")
        return 0
    out = options.out or RECORDED / options.suite
    with progress("record", 1) as bar:
        bar.say(options.suite)
        record(
            options.suite, out, options.only, lambda what: bar.say(f"{options.suite}: {what}")
        )
        bar.write(f"the recordings are in {out}\n")
        bar.advance()
    return 0
