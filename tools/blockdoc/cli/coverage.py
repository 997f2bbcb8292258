# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc coverage``: say what of the block layer's QMP the examples exercise."""

import argparse
import sys
from pathlib import Path

from blockdoc.coverage import measure, to_json, to_text
from blockdoc.example import examples_below, read_example
from blockdoc.schema.modules import read_modules
from blockdoc.schema.recorded import read_releases

__all__ = ["add_parser"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("coverage", help=__doc__.partition(": ")[2])
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure all examples; it is no mistake that some things are not shown."""
    root = Path.cwd()
    files = list(examples_below(root / "examples"))
    examples = [read_example(path, root) for path in files]
    coverage = measure(examples, read_releases(root)[-1], read_modules(root))
    sys.stdout.write(to_json(coverage) if options.format == "json" else to_text(coverage))
    return 0
