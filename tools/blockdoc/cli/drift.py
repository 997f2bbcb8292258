# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc drift``: which sections describe code that has changed since their review.

Without ``--since`` each section is held against the release that it was reviewed for, as
docs/_data/symbols.json has it; with it, all against that one.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from blockdoc.cli.symbols import INDEX, PAGES
from blockdoc.drift import (
    Change,
    Fact,
    Reviews,
    compare,
    facts_of_index,
    facts_of_tree,
    find_news,
    stale,
)
from blockdoc.drift.facts import with_code
from blockdoc.drift.news import read_surface, recorded_surface
from blockdoc.drift.renames import with_renames
from blockdoc.drift.report import Report, to_json, to_markdown, to_text
from blockdoc.drift.trees import is_commit, older_tree, with_commits
from blockdoc.errors import MissingError
from blockdoc.qemu.sources import source_tree
from blockdoc.source import Index, SourceTree, open_tree
from blockdoc.units import Unit, read_guide

__all__ = ["add_parser"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it
FORMS: Mapping[str, Callable[[Report], str]] = {
    "text": to_text,
    "json": to_json,
    "markdown": to_markdown,
}


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    about = __doc__.partition(": ")[2].partition("\n")[0]
    parser = commands.add_parser("drift", help=about)
    parser.add_argument("--source", required=True, metavar="TREE", help="a source tree of QEMU")
    parser.add_argument(
        "--since",
        metavar="REV",
        help="a commit of the tree, a folder, or a release that `blockdoc qemu source` has "
        "brought (default: what each section was reviewed for)",
    )
    parser.add_argument("--format", choices=FORMS, default="text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Say what has drifted; 1 if anything has."""
    root = Path.cwd()
    tree = open_tree(options.source)
    units = Reviews.read(root).apply(read_guide(root))
    if options.since:
        with older_tree(options.since, tree) as older:
            report = _since(root, options.since, units, older, tree)
    else:
        report = _since_review(root, units, tree)
    sys.stdout.write(FORMS[options.format](report))
    if options.format == "json" and report.left_out:
        sys.stderr.write(f"{report.left_out}\n")  # it is no finding
    _count(report)
    return 1 if report.stale or report.news else 0


def _since(
    root: Path, since: str, units: list[Unit], older: SourceTree, tree: SourceTree
) -> Report:
    """Hold the tree against an older one."""
    units = [replace(unit, reviewed=since) for unit in units]
    names = {name for unit in units for name in unit.names}
    changes = _changes({since: facts_of_tree(older, names)}, tree, since)
    changes[since] = with_renames(changes[since], tree)
    news = find_news(_pages(root), units, read_surface(older.root), read_surface(tree.root))
    return Report(tree.release, stale(units, changes), news)


def _since_review(root: Path, units: list[Unit], tree: SourceTree) -> Report:
    """Hold the tree against what each section was reviewed for."""
    changes = _changes(_recorded(units, Index.read(root / INDEX)), tree, None)
    older = _at_hand(units, tree)
    if older:
        shown = _with_code(changes.get(older.release, {}), older)
        changes[older.release] = with_renames(shown, tree)
    before = read_surface(older.root) if older else recorded_surface(root)
    news = find_news(_pages(root), units, before, read_surface(tree.root))
    pages = dict.fromkeys(unit.path for unit in units if unit.names and not unit.reviewed)
    return Report(tree.release, stale(units, changes), news, tuple(pages))


def _recorded(units: list[Unit], index: Index) -> dict[str, dict[str, Fact]]:
    """Return what the index knows of each release that a unit was reviewed for.

    :raise MissingError: it does not know one.
    """
    releases = {unit.reviewed for unit in units if unit.reviewed}
    if unknown := sorted(releases - set(index.releases)):
        raise MissingError(
            f"reviewed for {', '.join(unknown)}, but the symbol index knows only "
            f"{', '.join(index.releases)}; `make symbols` makes it anew"
        )
    return {release: facts_of_index(index, release) for release in releases}


def _changes(
    olds: Mapping[str, dict[str, Fact]], tree: SourceTree, since: str | None
) -> dict[str, dict[str, Change]]:
    hints = {name: fact for facts in olds.values() for name, fact in facts.items()}
    new = facts_of_tree(tree, hints, hints)
    changes = {release: compare(facts, new) for release, facts in olds.items()}
    if since and is_commit(since, tree):
        changes = {it: with_commits(found, since, tree) for it, found in changes.items()}
    return changes


def _at_hand(units: list[Unit], tree: SourceTree) -> SourceTree | None:
    """Open the sources of the newest release reviewed for, if they were brought."""
    releases = {unit.reviewed for unit in units if unit.reviewed}
    series = max((it.rpartition(".")[0] for it in releases), default="", key=_number)
    folder = source_tree(series) if series else None
    there = folder and folder.resolve() != tree.root and (folder / "VERSION").is_file()
    return open_tree(str(folder)) if there else None


def _number(series: str) -> list[int]:
    return [int(part) for part in series.split(".") if part.isdigit()]


def _with_code(changes: Mapping[str, Change], older: SourceTree) -> dict[str, Change]:
    """Show what is other in the code, where the older sources are at hand."""
    old = with_code({name: change.old for name, change in changes.items()}, older)
    new = {name: change.new for name, change in changes.items() if change.new}
    return compare(old, new)


def _pages(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for directory in PAGES
        for path in sorted((root / directory).rglob("*.md"))
    }


def _count(report: Report) -> None:
    names = {change.name for it in report.stale for change in it.changes}
    sys.stderr.write(
        f"QEMU {report.to}: {len(names)} names changed, {len(report.stale)} sections and "
        f"rules to read again, {len(report.news)} new or gone\n"
    )
