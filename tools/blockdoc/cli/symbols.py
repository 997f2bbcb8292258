# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc symbols``: find everything that the guide cites in QEMU's sources."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from blockdoc.errors import MissingError
from blockdoc.plural import counted
from blockdoc.qemu.sources import source_trees
from blockdoc.source import Citation, Finding, Index, cited, make_index, open_tree
from blockdoc.transcript import Release

__all__ = ["add_parser", "run"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it
INDEX = Path("docs/_data/symbols.json")
PAGES = ("docs", "examples")


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("symbols", help=__doc__.partition(": ")[2])
    parser.add_argument(
        "--tree",
        action="append",
        default=[],
        metavar="[RELEASE=]DIR",
        help="a source tree of QEMU; once for each release, which its VERSION names; "
        "without it, those of `blockdoc qemu source`",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the index; 1 if a citation does not hold."""
    named = options.tree or [str(tree) for tree in source_trees()]
    if not named:
        raise MissingError(
            "say where QEMU's sources are: --tree DIR, or make symbols QEMU_SRC='DIR…'; "
            "`make sources` brings them"
        )
    trees = sorted(map(open_tree, named), key=lambda it: Release.parse(it.release))
    index, findings = make_index(list(_citations(Path.cwd())), trees, Index.read(INDEX))
    _write(index)
    _report(findings, options.format)
    return 1 if findings else 0


def _citations(root: Path) -> Iterator[Citation]:
    for directory in PAGES:
        for page in sorted((root / directory).rglob("*.md")):
            text = page.read_text(encoding="utf-8")
            yield from cited(text, page.relative_to(root).as_posix())


def _write(index: Index) -> None:
    """Replace the index whole or not at all."""
    unfinished = INDEX.with_suffix(".new")
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    unfinished.write_text(index.text(), encoding="utf-8")
    unfinished.replace(INDEX)
    counts = f"{counted(len(index.symbols), 'symbol')}, {counted(len(index.files), 'file')}"
    sys.stderr.write(f"{INDEX}: {counts}, QEMU {', '.join(index.releases)}\n")


def _report(findings: Sequence[Finding], form: str) -> None:
    if form == "json":
        json.dump([finding.as_json() for finding in findings], sys.stdout, indent=1)
        sys.stdout.write("\n")
    else:
        sys.stdout.writelines(f"{finding}\n" for finding in findings)
