# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc replay``: say again to QEMU what libvirt said, and hold the answers against it.

::

    blockdoc replay examples/libvirt/recorded                all of them
    QEMU_BUILD=~/qemu/build blockdoc replay FILE.json        one, against a build of yours

Exit status: 0 all fits, 1 something does not, 2 it could not be tried.
"""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path

from blockdoc.cli.progress import Bar, progress
from blockdoc.plural import counted
from blockdoc.qemu import Build, find_build
from blockdoc.replay import Outcome, Recording, read_recordings, replay
from blockdoc.replay.recording import RECORDED

__all__ = ["add_parser", "run"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it
HELP = "say again to QEMU what libvirt said, and hold the answers against it"


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("replay", help=HELP, description=HELP)
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help=f"a recording, or a folder of them; default: {RECORDED}",
    )
    parser.add_argument(
        "-j",
        "--jobs",
        type=int,
        default=1,
        metavar="N",
        help="how many are replayed at once; default: %(default)s",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Replay; 1 if something does not fit."""
    build = find_build()
    groups = read_recordings(options.files or [RECORDED])
    begin = time.monotonic()
    with progress("replay", len(groups)) as bar:
        outcomes = asyncio.run(_all(groups, build, max(1, options.jobs), bar))
    if options.format == "json":
        found = [it.as_json() for outcome in outcomes for it in outcome.findings]
        json.dump(found, sys.stdout, indent=1)
        sys.stdout.write("\n")
    else:
        _show(outcomes)
    failed = sum(bool(it.findings) for it in outcomes)
    sys.stderr.write(
        f"QEMU {build.version}: {counted(len(outcomes), 'operation')}, "
        f"{len(outcomes) - failed} fit, {failed} do not, {time.monotonic() - begin:.0f} s\n"
    )
    return int(failed > 0)


async def _all(
    groups: list[tuple[Recording, ...]], build: Build, jobs: int, bar: Bar
) -> list[Outcome]:
    gate = asyncio.Semaphore(jobs)

    async def one(group: tuple[Recording, ...]) -> Outcome:
        async with gate:
            bar.say(group[0].path)
            outcome = await replay(group, build)
            bar.advance()
            return outcome

    return list(await asyncio.gather(*map(one, groups)))


def _show(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        for finding in outcome.findings:
            sys.stdout.write(f"{finding}\n")
    passed = sorted({it for outcome in outcomes for it in outcome.passed})
    if passed:
        sys.stdout.write(f"# of another release, and let pass: {'; '.join(passed)}\n")
