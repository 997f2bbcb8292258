# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc export``: write a step of an example in the notation of others, or a test."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from blockdoc.errors import BlockdocError, MissingError
from blockdoc.example import Example, Step, examples_below, read_example, read_text
from blockdoc.export.iotest import to_iotest
from blockdoc.export.rst import to_rst
from blockdoc.schema.recorded import Recorded, read_releases

__all__ = ["add_parser", "run"]

#: Where a source tree of QEMU has the iotests that have names.
TESTS = Path("tests/qemu-iotests/tests")

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("export", help=__doc__.partition(": ")[2])
    parser.add_argument(
        "ids",
        nargs="+",
        metavar="ID",
        help="a step: commit-active-start; or all of an example: jobs/commit-active",
    )
    form = parser.add_mutually_exclusive_group(required=True)
    form.add_argument("--rst", action="store_true", help="as QEMU's docs/**/*.rst have it")
    form.add_argument("--qapi", action="store_true", help="so, in a comment of qapi/*.json")
    form.add_argument(
        "--iotest", action="store_true", help="the whole example as a test of qemu-iotests"
    )
    parser.add_argument(
        "--into",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="for --iotest: QEMU's source tree, or a folder (default: this one)",
    )
    parser.add_argument(
        "--release", metavar="X.Y", help="what this release answers (default: the newest)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write what can be written; 1 if something cannot, with a line for each."""
    target = _release(options.release)
    if options.iotest:
        return _iotests(options.ids, target, _folder(options.into))
    steps = [it for name in options.ids for it in _steps(name)]
    texts: list[str] = []
    status = 0
    for step in steps:
        try:
            texts.append(to_rst(step, target, comment=options.qapi))
        except BlockdocError as error:
            sys.stderr.write(f"{error}\n")
            status = 1
    sys.stdout.write(("#\n" if options.qapi else "\n").join(texts))
    return status


def _release(series: str | None) -> Recorded:
    releases = read_releases(Path.cwd())
    found = [it for it in releases if series in (None, it.release.series)]
    if not found:
        known = ", ".join(it.release.series for it in releases)
        raise MissingError(f"--release {series}: not recorded; there are {known}")
    return found[-1]


def _iotests(names: Iterable[str], target: Recorded, folder: Path) -> int:
    """Write what can be written, and say which files; 1 if something cannot."""
    status = 0
    examples = {it.path: it for it in (_find(name)[0] for name in names)}
    for example in examples.values():
        try:
            test = to_iotest(example, target, target.release.series)
        except BlockdocError as error:
            sys.stderr.write(f"{error}\n")
            status = 1
            continue
        program = folder / test.name
        for path, text in ((program, test.program), (folder / f"{test.name}.out", test.output)):
            try:
                path.write_text(text, encoding="utf-8")
            except OSError as error:
                message = f"{path} cannot be written: {error.strerror}"
                raise MissingError(message) from error
            sys.stdout.write(f"{path}\n")
        program.chmod(0o755)
    return status


def _folder(into: Path) -> Path:
    """Return where tests go: a source tree has a place for them."""
    if not into.is_dir():
        raise MissingError(f"--into {into}: no such folder")
    return into / TESTS if (into / TESTS).is_dir() else into


def _steps(name: str) -> tuple[Step, ...]:
    """Find a step by its id, or the steps of an example by its path."""
    example, step = _find(name)
    return (step,) if step else example.steps


def _find(name: str) -> tuple[Example, Step | None]:
    """Find an example by its path, or by the id of a step of it, which comes with it."""
    root = Path.cwd()
    files = list(examples_below(root / "examples"))
    for file in files:
        path = file.relative_to(root / "examples")
        if name.removeprefix("examples/") in (f"{path}", f"{path.with_suffix('')}"):
            return read_example(file, root), None
    for file in files:
        if name in read_text(file, str(file)):  # to look is quicker than to parse
            example = read_example(file, root)
            step = next((it for it in example.steps if it.id == name), None)
            if step:
                return example, step
    raise MissingError(f"{name}: no step and no example of this name below examples/")
