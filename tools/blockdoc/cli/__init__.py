# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: ``blockdoc COMMAND …``.

Exit status: 0 nothing found, 1 something found, 2 used wrongly or something is missing.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

from blockdoc.errors import BlockdocError

__all__ = ["main"]

#: Modules of this package.  Only the one that is asked for is imported: a drawing shall
#: not wait for the reader of examples.
COMMANDS = (
    "record",
    "symbols",
    "drift",
    "reviewed",
    "review",
    "cite",
    "ids",
    "qemu",
    "matrix",
    "mutants",
    "coverage",
    "lint",
    "schema",
    "run",
    "replay",
    "libvirt-record",
    "graph",
    "crash-report",
    "export",
    "adopt",
)


class _Help(argparse.HelpFormatter):
    """Help as wide as the terminal; to find that out, argparse would import shutil."""

    def __init__(self, prog: str) -> None:
        try:
            width = int(os.environ.get("COLUMNS") or 0) or os.get_terminal_size().columns
        except (ValueError, OSError):
            width = 80
        super().__init__(prog, width=max(20, width - 2))


class _Parser(argparse.ArgumentParser):
    """A parser, of the command line or of one command, whose help is of this kind."""

    def __init__(self, *names: Any, **more: Any) -> None:  # noqa: ANN401 - argparse's signature
        super().__init__(*names, **{"formatter_class": _Help, **more})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; Ctrl-C ends it without a word."""
    try:
        return _run(arguments)
    except KeyboardInterrupt:  # also while modules are imported
        return 130


def _run(arguments: Sequence[str] | None) -> int:
    about = __doc__.partition("\n")[0]
    parser = _Parser("blockdoc", description=about)
    # Argparse would import much to find out what it is told here.
    commands = parser.add_subparsers(required=True, metavar="COMMAND", prog="blockdoc")
    asked = sys.argv[1:] if arguments is None else arguments
    for command in [it for it in asked[:1] if it in COMMANDS] or COMMANDS:
        module = importlib.import_module(f"blockdoc.cli.{command.replace('-', '_')}")
        module.add_parser(commands)
    options = parser.parse_args(arguments)
    try:
        status = int(options.run(options))
    except BlockdocError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if arguments is None and getattr(options, "at_once", False):
        _leave(status)
    return status


def _leave(status: int) -> None:
    """End this process as it is: to free what a large graph took would be seen."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
