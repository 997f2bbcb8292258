# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc qemu``: bring releases of QEMU, and tell which are there.

::

    blockdoc qemu install 10.0 11.1     or: all
    blockdoc qemu list
    blockdoc qemu remove 7.2
    blockdoc qemu source 10.2           the sources; or: all
    blockdoc qemu build 10.0            from the sources, with debugging information
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from blockdoc.cli.progress import progress
from blockdoc.errors import BlockdocError, MissingError
from blockdoc.mutants import open_tree
from blockdoc.qemu import find_build
from blockdoc.qemu.install import install, remove
from blockdoc.qemu.releases import choose_supported, installed, is_series, sources, supported
from blockdoc.qemu.sources import bring_source, source_tree
from blockdoc.transcript import Release

__all__ = ["add_parser"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it
FOLDER = Path("build/dwarf")
HELP = "bring releases of QEMU without touching the host, and tell which are there"


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("qemu", help=HELP, description=HELP)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    bring = verbs.add_parser("install", help="bring releases: 10.0 11.1, or all")
    bring.add_argument("releases", nargs="+", metavar="RELEASE")
    bring.add_argument(
        "--again", action="store_true", help="also those that are there, as they are now"
    )
    bring.set_defaults(run=_install)
    source = verbs.add_parser("source", help="bring the sources of releases: 10.2, or all")
    source.add_argument("releases", nargs="+", metavar="RELEASE")
    source.add_argument("--again", action="store_true", help="also those that are there")
    source.set_defaults(run=_source)
    make = verbs.add_parser(
        "build", help="build storage daemon and tools, with debugging information, for gdb"
    )
    make.add_argument("release", metavar="RELEASE", help="10.0, or a folder with sources")
    make.add_argument(
        "--folder",
        type=Path,
        default=FOLDER,
        metavar="DIR",
        help="where the sources are copied and built, and kept; default: %(default)s",
    )
    make.add_argument(
        "--system",
        action="store_true",
        help="the system emulator too, for KVM: three times as long; in a folder of its own",
    )
    make.add_argument(
        "--configure",
        nargs="+",
        default=[],
        metavar="OPTION",
        help="more options of configure, without their dashes: with-coroutine=sigaltstack",
    )
    make.set_defaults(run=_build)
    tell = verbs.add_parser("list", help="tell which QEMU there is")
    tell.add_argument("--format", choices=("text", "json"), default="text")
    tell.set_defaults(run=_list)
    drop = verbs.add_parser("remove", help="remove installed releases")
    drop.add_argument("releases", nargs="+", metavar="RELEASE")
    drop.set_defaults(run=_remove)


def _install(options: argparse.Namespace) -> int:
    """Bring the releases; the first that cannot be had ends it."""
    chosen = choose_supported(options.releases)
    with progress("install", len(chosen)) as bar:
        for release in chosen:
            name = f"QEMU {release.series}"
            bar.say(name)
            build = install(
                release,
                lambda what, name=name: bar.say(f"{name}: {what}"),  # type: ignore[misc]
                again=options.again,
            )
            bar.write(f"QEMU {build.version} is in {build.root}\n")
            bar.advance()
    return 0


def _source(options: argparse.Namespace) -> int:
    """Bring sources; what cannot be had does not keep the rest away."""
    chosen = choose_supported(options.releases, sources())
    missing = []
    with progress("source", len(chosen)) as bar:
        for source in chosen:
            name = f"QEMU {source.series}"
            bar.say(name)
            try:
                tree = bring_source(
                    source,
                    lambda what, name=name: bar.say(f"{name}: {what}"),  # type: ignore[misc]
                    again=options.again,
                )
                bar.write(f"the sources of {name} are in {tree}\n")
            except MissingError as error:
                missing.append(str(error))
            bar.advance()
    for message in missing:
        _tell(f"blockdoc: {message}")
    return 2 if missing else 0


def _build(options: argparse.Namespace) -> int:
    """Build one; a second time it is quick."""
    where = options.release
    original = source_tree(where) if is_series(where) else Path(where).expanduser()
    if not original.is_dir():
        advice = f"`blockdoc qemu source {where}` brings the sources of a release"
        raise MissingError(f"{original}: no such folder; {advice}")
    more = tuple(f"--{it}" for it in options.configure)
    with (
        progress("build", 1) as bar,
        open_tree(
            options.folder.absolute(),
            original.absolute(),
            bar.say,
            more,
            system=options.system,
        ) as tree,
    ):
        bar.write(f"QEMU with debugging information is in {tree.build}\n")
        bar.advance()
    return 0


def _tell(what: str) -> None:
    sys.stderr.write(f"{what}\n")


def _remove(options: argparse.Namespace) -> int:
    """Remove releases; 2 if one was not there."""
    for series in options.releases:
        if not is_series(series) or not remove(series, _tell):
            there = ", ".join(installed()) or "none"
            raise MissingError(f"{series!r} is not installed; there are: {there}")
        sys.stdout.write(f"QEMU {series} is removed\n")
    return 0


@dataclass(frozen=True, slots=True)
class Found:
    """A QEMU that is there, or could be."""

    #: What QEMU_BUILD takes; ``PATH`` stands for nothing at all.
    name: str
    #: As it says itself; None if it is not there.
    version: str | None
    #: The program that was asked, or why there is none.
    where: str


def _list(options: argparse.Namespace) -> int:
    """Tell which QEMU there is."""
    found = list(_found())
    if options.format == "json":
        json.dump([asdict(it) for it in found], sys.stdout, indent=1)
        sys.stdout.write("\n")
        return 0
    for it in found:
        sys.stdout.write(f"{it.name:<6} {it.version or '-':<9} {it.where}\n")
    return 0


def _found() -> Iterator[Found]:
    yield _look("PATH", "")
    there = installed()
    known = [release.series for release in supported()]
    for series in sorted({*there, *known}, key=Release.parse):
        if series in there:
            yield _look(series, series)
        else:
            yield Found(series, None, f"not installed; `blockdoc qemu install {series}`")


def _look(name: str, value: str) -> Found:
    try:
        build = find_build({"QEMU_BUILD": value})
    except BlockdocError as error:
        return Found(name, None, str(error))
    if build.root is not None:
        return Found(name, build.version, str(build.root))
    return Found(name, build.version, build.command("qemu-storage-daemon")[-1])
