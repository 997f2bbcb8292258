# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: ``blockdoc COMMAND …``.

Exit status: 0 nothing found, 1 something found, 2 used wrongly or something is missing.
"""

import argparse
import sys
from collections.abc import Sequence

from blockdoc.cli import record, symbols
from blockdoc.errors import BlockdocError

__all__ = ["main"]

COMMANDS = (record, symbols)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="blockdoc", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(commands)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except BlockdocError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
