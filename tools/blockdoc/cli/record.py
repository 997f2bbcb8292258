# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc record``: write what QEMU really answers into the examples."""

import argparse
import asyncio
import difflib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from blockdoc.cli.progress import Bar, progress
from blockdoc.doctest.record import Recording, record, replace_file
from blockdoc.doctest.run import ExampleRun
from blockdoc.doctest.split import complement
from blockdoc.errors import AuthorError, BlockdocError, Place
from blockdoc.example import examples_below, parse_example, read_text
from blockdoc.plural import counted
from blockdoc.qemu import Build, find_build, sweep, walls_of
from blockdoc.transcript import Condition

__all__ = ["add_parser"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("record", help=__doc__.partition(": ")[2])
    parser.add_argument("paths", nargs="*", type=Path, default=[Path("examples")])
    parser.add_argument(
        "--split",
        metavar="CONDITION",
        help="add an alternative for these releases, such as 'qemu < 10.0'",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Record every example named; 1 if one could not be, or does not hold twice."""
    build = find_build()
    walls = walls_of(build)
    if walls.missing:
        sys.stderr.write(f"{walls}\n")
    if options.split is not None:
        _check_split(options.split, build)
    sweep()
    root = Path.cwd()
    paths = list(_examples(options.paths))
    with progress("record", len(paths)) as bar:
        results = [_one(path, root, build, options.split, bar) for path in paths]
    changed = sum(result is True for result in results)
    failed = sum(result is None for result in results)
    counts = f"{counted(len(results), 'example')}, {changed} changed, {failed} failed"
    sys.stdout.write(f"QEMU {build.version}: {counts}\n")
    return 1 if failed else 0


def _check_split(condition: str, build: Build) -> None:
    """Refuse a condition under which what this QEMU answers would not belong."""
    complement(condition)
    if not Condition.parse(condition, Place("--split", 1)).applies(build):
        raise AuthorError(f"--split {condition!r}: this is QEMU {build.version}")


def _examples(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from examples_below(path)
        elif path.is_file():
            yield path
        else:
            raise AuthorError(f"{path}: no such file")


def _one(path: Path, root: Path, build: Build, split: str | None, bar: Bar) -> bool | None:
    """Record one example: True if it changed, None if it failed."""
    absolute = path.absolute()
    name = str(absolute.relative_to(root)) if absolute.is_relative_to(root) else str(path)
    bar.say(name)
    try:
        text = read_text(path, name)
        example = parse_example(text, name)
        if example.requires is not None and not example.requires.applies(build):
            return False
        recording = asyncio.run(record(text, name, build, split))
        if recording.new != recording.old:
            bar.write(_diff(recording))
            replace_file(path, recording)
        asyncio.run(_again(recording, build))
    except BlockdocError as error:
        bar.complain(f"{error}\n")
        return None
    finally:
        bar.advance()
    return recording.new != recording.old


async def _again(recording: Recording, build: Build) -> None:
    """Run what was recorded once more: an answer that differs at once is a race."""
    example = parse_example(recording.new, recording.path)
    try:
        async with ExampleRun(example, build) as again:
            await again.run_to(example.steps[-1])
    except BlockdocError as error:
        message = f"a second run differs from what was just recorded\n{error}"
        raise BlockdocError(message, error.place) from error


def _diff(recording: Recording) -> str:
    diff = difflib.unified_diff(
        recording.old.splitlines(keepends=True),
        recording.new.splitlines(keepends=True),
        f"a/{recording.path}",
        f"b/{recording.path}",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in diff)
