# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc lint``: look for mistakes in transcripts, without running them.

With ``--qapi TREE`` they are those of the documentation of a source tree of QEMU.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from blockdoc.errors import AuthorError
from blockdoc.lint import Report, lint_files, to_json, to_junit, to_text
from blockdoc.lint.examples import is_example_file
from blockdoc.lint.qapi import lint_tree
from blockdoc.plural import counted
from blockdoc.schema.modules import read_modules
from blockdoc.schema.recorded import read_releases
from blockdoc.upstream.find import PLACES

__all__ = ["add_parser"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it
PATHS = ("examples", "docs")


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("lint", help=__doc__.partition(": ")[2].partition("\n")[0])
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help=f"files and folders (default: {' '.join(PATHS)}; of a tree: {' '.join(PLACES)})",
    )
    parser.add_argument(
        "--qapi", type=Path, metavar="TREE", help="check what a source tree of QEMU documents"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--junitxml", type=Path, metavar="FILE", help="write a JUnit file, too")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check the files; 1 if something was found."""
    report = _own(options.paths) if options.qapi is None else _tree(options)
    show(report, options)
    return 1 if report.findings else 0


def _own(paths: Sequence[Path]) -> Report:
    """Check the guide."""
    root = Path.cwd()
    files = list(_pages(paths or [Path(name) for name in PATHS]))
    return lint_files(files, root, read_releases(root), read_modules(root))


def _tree(options: argparse.Namespace) -> Report:
    """Check QEMU's documentation, and say how much there was."""
    found = lint_tree(options.qapi, [str(path) for path in options.paths])
    counts = f"{counted(found.files, 'file')}, {counted(len(found.checked), 'example')}"
    sys.stderr.write(f"{counts}, {counted(len(found.findings), 'finding')}\n")
    return Report(found.checked, found.findings)


def show(report: Report, options: argparse.Namespace) -> None:
    """Write the findings in the form that is asked for."""
    write = to_json if options.format == "json" else to_text
    sys.stdout.write(write(report.findings))
    if options.junitxml is not None:
        _write(options.junitxml, to_junit(report.findings, report.checked, "blockdoc lint"))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AuthorError(f"--junitxml {path}: cannot be written: {error.strerror}") from error


def _pages(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            rst = (it for it in path.rglob("*.rst") if is_example_file(it))
            yield from sorted([*path.rglob("*.md"), *rst])
        elif path.suffix == ".rst" and path.is_file() and not is_example_file(path):
            raise AuthorError(f"{path}: no example; `--qapi TREE` checks QEMU's documents")
        elif path.is_file():
            yield path
        else:
            raise AuthorError(f"{path}: no such file")
