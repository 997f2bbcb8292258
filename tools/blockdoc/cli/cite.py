# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc cite``: print a rule, section, example or step as a mail cites it."""

import argparse
import json
import sys
from pathlib import Path

from blockdoc.citable import find_citable, read_citables
from blockdoc.citation import base_url, citation

__all__ = ["add_parser"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("cite", help=__doc__.partition(": ")[2])
    parser.add_argument(
        "ids",
        nargs="+",
        metavar="ID",
        help="DRAIN-3, drain-why, jobs/commit-active, commit-active-start",
    )
    parser.add_argument(
        "--base-url",
        default=base_url(),
        metavar="URL",
        help="where the site is published (default: GUIDE_BASE_URL; without it, no link)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the citations, in the order asked for."""
    known = read_citables(Path.cwd())
    found = [find_citable(known, name) for name in options.ids]
    texts = [citation(it.id, it.title, options.base_url) for it in found]
    if options.format == "json":
        entries = [
            {
                "id": it.id,
                "kind": it.kind,
                "title": it.title,
                "path": it.place.path,
                "line": it.place.line,
                "text": text,
            }
            for it, text in zip(found, texts, strict=True)
        ]
        sys.stdout.write(json.dumps(entries, indent=1) + "\n")
    else:
        sys.stdout.writelines(f"{text}\n" for text in texts)
    return 0
