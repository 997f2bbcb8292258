# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc mutants``: change QEMU carelessly, and see which example notices.

::

    blockdoc mutants                        all of tests/mutants, on the sources of 10.0
    blockdoc mutants drain-one-queued
    blockdoc mutants --qemu-src ~/qemu      on sources of your own

Exit status: 0 every mutant was noticed, or says why it cannot be; 1 one was not; 2 one
could not be tried, or there was no beginning.
"""

import argparse
import sys
import time
from pathlib import Path

from blockdoc.cli.progress import Bar, progress
from blockdoc.errors import BlockdocError, MissingError
from blockdoc.mutants import Examples, Mutant, Row, Tree, open_tree, pass_before, read_mutants
from blockdoc.mutants.table import columns, summary, to_json
from blockdoc.qemu import find_build
from blockdoc.qemu.sources import source_tree

__all__ = ["add_parser"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it
MUTANTS = Path("tests/mutants")
FOLDER = Path("build/mutants")
#: What the patches were written for.
SERIES = "10.0"
HELP = "change QEMU carelessly, and see which example notices"


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("mutants", help=HELP, description=HELP)
    parser.add_argument(
        "names", nargs="*", metavar="MUTANT", help="only these patches of tests/mutants"
    )
    parser.add_argument(
        "--qemu-src",
        type=Path,
        metavar="DIR",
        help="QEMU's sources; they are copied and stay as they are; "
        f"default: those that `blockdoc qemu source {SERIES}` brings",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=FOLDER,
        metavar="DIR",
        help="where the copy is built, and kept for the next time; default: %(default)s",
    )
    parser.add_argument(
        "--step-limit",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="how long a step may take before it counts as a hang; default: %(default)g",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Try the mutants, one after the other."""
    root = Path.cwd()
    mutants = read_mutants(root / MUTANTS, root, options.names)
    original = options.qemu_src or source_tree(SERIES)
    if not original.is_dir():
        advice = f"name one with --qemu-src, or `blockdoc qemu source {SERIES}`"
        raise MissingError(f"{original}: no such folder; {advice}")
    text = options.format == "text"
    rows = []
    with (
        progress("mutants", len(mutants)) as bar,
        open_tree(options.folder.absolute(), original.expanduser(), bar.say) as tree,
    ):
        build = find_build({"QEMU_BUILD": str(tree.build)})
        bar.say(f"running the examples on QEMU {build.version}, unchanged")
        examples = pass_before(build, root, options.step_limit)
        _tell_before(examples, bar)
        show = columns(mutants)
        if text:
            bar.write(f"{show.head}\n")
        for mutant in mutants:
            bar.say(f"{mutant.name}: {mutant.what}")
            rows.append(_try(mutant, tree, examples))
            if text:
                bar.write(f"{show.line(rows[-1])}\n")
            bar.advance()
        bar.say("building QEMU as it was")
        tree.make()
    sys.stdout.write(f"{summary(rows)}\n" if text else f"{to_json(rows)}\n")
    if any(row.trouble for row in rows):
        return 2
    return int(not all(row.noticed or row.known for row in rows))


def _tell_before(examples: Examples, bar: Bar) -> None:
    """Say what cannot tell anything about a change."""
    for step in examples.failing.values():
        bar.complain(f"{examples.place(step)}: fails without any change, and is left out\n")
    for why, count in sorted(examples.skipped.items()):
        bar.complain(f"{count} steps skipped: {why}\n")


def _try(mutant: Mutant, tree: Tree, examples: Examples) -> Row:
    """Change QEMU, build it, and see whether an example notices."""
    begin = time.monotonic()
    try:
        with tree.changed(mutant):
            tree.make()
            built = time.monotonic() - begin
            build = find_build({"QEMU_BUILD": str(tree.build)})
            found = examples.notice(mutant, build)
    except BlockdocError as error:
        spent = time.monotonic() - begin
        return Row(mutant.name, "", "", spent, 0.0, trouble=str(error))
    place = str(examples.place(found.id)) if found.id else ""
    return Row(mutant.name, found.id, place, built, found.seconds, mutant.unnoticed)
