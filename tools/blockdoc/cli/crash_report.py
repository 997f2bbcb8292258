# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc crash-report``: all that a bug report needs of a QEMU that crashed or hangs.

::

    blockdoc crash-report --core CORE --exe qemu-system-x86_64 -o report.html
    blockdoc crash-report --pid PID --format text

Exit status: 0 a report was written, also of a core of which little can be read; 2 none.
"""

import argparse
import sys
from pathlib import Path

from blockdoc.errors import AuthorError
from blockdoc.inspect.crash import FORMATS, report_of
from blockdoc.inspect.debugger import LIMIT, target_of

__all__ = ["add_parser"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it
HELP = "write all that a bug report needs of a QEMU that crashed or hangs into one file"


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("crash-report", help=HELP, description=HELP)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--core", metavar="FILE", help="a core file")
    which.add_argument("--pid", metavar="PID", help="a process, which goes on afterwards")
    parser.add_argument(
        "--exe", default="", metavar="FILE", help="the program, with its debugging information"
    )
    parser.add_argument("--format", choices=FORMATS, help="default: that of --output, or text")
    parser.add_argument("--output", "-o", metavar="FILE", help="instead of stdout")
    parser.add_argument(
        "--timeout",
        type=float,
        default=LIMIT,
        metavar="SECONDS",
        help="how long gdb may look; default: %(default)g",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the report."""
    kind, address = ("core", options.core) if options.core else ("pid", options.pid)
    target = target_of(kind, address or "", options.exe)
    report = report_of(target, options.timeout)
    name = options.output or ""
    html = options.format == "html" or (
        options.format is None and name.endswith((".html", ".htm"))
    )
    data = (report.html() if html else report.text()).encode(errors="backslashreplace")
    try:
        if name:
            Path(name).write_bytes(data)
        else:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
    except OSError as error:
        raise AuthorError(f"{name or 'stdout'}: {error.strerror}") from None
    return 0
