# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc schema``: hold what this QEMU offers against what is recorded of its release."""

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from blockdoc.errors import MissingError
from blockdoc.qemu import Build, find_build, schema_of
from blockdoc.schema import Schema
from blockdoc.schema.modules import collect
from blockdoc.schema.names import renamed, true_names
from blockdoc.schema.recorded import FOLDER, Recorded, read_releases, write_release
from blockdoc.schema.source import SourceSchema, read_source_schema

__all__ = ["add_parser"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("schema", help=__doc__.partition(": ")[2])
    parser.add_argument("--write", action="store_true", help=f"record it in {FOLDER}")
    parser.add_argument(
        "--tree",
        type=Path,
        metavar="DIR",
        help="a source tree of QEMU: records its QAPI modules, and names the types",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Record the schema, or show in what it differs; 1 if it does."""
    root = Path.cwd()
    source = read_source_schema(options.tree) if options.tree else None
    build = find_build()
    live = _live(build, _references(root, source, build))
    if options.write:
        path = write_release(root, live)
        if source is not None:
            collect(options.tree, source).write(root)
        sys.stderr.write(f"{path.relative_to(root)}: QEMU {live.version}\n")
        return 0
    return _show(live, root)


def _references(root: Path, source: SourceSchema | None, build: Build) -> list[Schema]:
    """Return the schemas whose types have names, the best first: that of the same series."""
    if source is not None:
        return [Schema.from_introspection(source.introspection)]
    try:
        releases = sorted(
            read_releases(root),
            key=lambda it: (it.release.series == build.release.series, it.release),
            reverse=True,
        )
    except MissingError:
        return []
    return [recorded.system for recorded in releases]


def _live(build: Build, references: Sequence[Schema]) -> Recorded:
    """Ask this QEMU, and name its types."""
    system = schema_of(build, "system")
    for reference in references:
        names = true_names(system, reference)
        system = Schema.of(renamed(part, names) for part in system.parts())
    return Recorded.of(build.version, system, schema_of(build, "storage-daemon"))


def _show(live: Recorded, root: Path) -> int:
    series = live.release.series
    recorded = next((it for it in read_releases(root) if it.release.series == series), None)
    if recorded is None:
        raise MissingError(f"nothing is recorded of QEMU {series}; --write does it")
    name = f"{FOLDER}/{series}.txt"
    old, new = recorded.text().splitlines(), live.text().splitlines()
    diff = list(difflib.unified_diff(old, new, name, live.version, lineterm="", n=0))
    sys.stdout.writelines(f"{line}\n" for line in diff)
    return 1 if diff else 0
