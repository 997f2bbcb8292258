# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc matrix``: run every example on every release, and write the verdicts down.

::

    for each release:  install it if it is missing ──► run all examples ──► its verdicts
                                                                            replaced whole

A run that did not reach its end changes no verdict.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from blockdoc.cli.progress import Bar, progress
from blockdoc.doctest.matrix import Run, run_examples
from blockdoc.doctest.verdicts import Verdicts, text_hash
from blockdoc.errors import AuthorError
from blockdoc.example import examples_below, read_example
from blockdoc.plural import counted
from blockdoc.qemu import Build, find_build
from blockdoc.qemu.install import install
from blockdoc.qemu.releases import choose_supported

__all__ = ["add_parser"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it
EXAMPLES = "examples"


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "matrix", help="run every example on every release, and write the verdicts down"
    )
    parser.add_argument(
        "releases", nargs="*", metavar="RELEASE", help="only these: 10.0 11.1; default: all"
    )
    parser.add_argument(
        "--build",
        action="append",
        default=[],
        metavar="DIR",
        help="also this QEMU, as QEMU_BUILD names one; its verdicts are not written down",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="run nothing; tell which verdicts are bad, missing, or older than their example",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run or check; 1 if anything did not hold."""
    root = Path.cwd()
    names = options.releases or ([] if options.build else ["all"])
    chosen = [release.series for release in choose_supported(names)]
    before = Verdicts.read(root)
    if not options.check:
        steps = _count_steps(root)
        with progress("matrix", steps * (len(chosen) + len(options.build))) as bar:
            failed = [not _one(name, root, bar) for name in chosen]
            failed += [not _own(name, root, bar) for name in options.build]
        return int(any(failed))
    findings = list(_check(before, _texts(root), chosen))
    _report(findings, options.format)
    return int(bool(findings))


def _paths(root: Path) -> Iterator[Path]:
    found = list(examples_below(root / EXAMPLES))
    if not found:
        raise AuthorError("no examples here; run this in the root of the repository")
    yield from found


def _count_steps(root: Path) -> int:
    """Count the steps, which says at once whether every example can be read."""
    return sum(len(read_example(path, root).steps) for path in _paths(root))


def _texts(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): text_hash(path.read_bytes()) for path in _paths(root)
    }


def _one(series: str, root: Path, bar: Bar) -> bool:
    """Run a release, and write its verdicts down; say whether all is well."""
    (release,) = choose_supported([series])
    build = install(release, lambda what: bar.say(f"QEMU {series}: {what}"))
    texts = _texts(root)
    done = _run(build, root, bar)
    if done.ended:
        now = _texts(root)
        same = {
            path: steps for path, steps in done.verdicts.items() if texts[path] == now.get(path)
        }
        Verdicts.read(root).with_run(series, build.version, now, same).write(root)
    return done.status == 0


def _own(name: str, root: Path, bar: Bar) -> bool:
    """Run a QEMU of the user's own; say whether all is well."""
    return _run(find_build({"QEMU_BUILD": name}), root, bar).status == 0


def _run(build: Build, root: Path, bar: Bar) -> Run:
    """Run all examples on one QEMU, and tell how it went."""
    start = time.monotonic()
    name = f"QEMU {build.version}"
    bar.say(f"{name}: running the examples")
    seen: set[str] = set()

    def heard(step: str) -> None:
        bar.advance(step not in seen)  # a failure may come behind a pass
        seen.add(step)

    done = run_examples(build, root, heard)
    if done.status:
        bar.write(done.output)
    if not done.ended:
        bar.write(f"{name}: the run ended before its end; its verdicts stay as they were\n")
        return done
    counts = ", ".join(f"{done.count(it)} {it}" for it in ("passed", "failed", "skipped"))
    bar.write(
        f"{name}: {counted(len(done.verdicts), 'example')}; steps: {counts}; "
        f"{time.monotonic() - start:.0f} s\n"
    )
    return done


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict that is not what it should be."""

    path: str
    line: int
    id: str
    #: `failed`, `stale` (the example has changed since), or `missing`.
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def _check(
    verdicts: Verdicts, texts: Mapping[str, str], chosen: list[str]
) -> Iterator[Finding]:
    """Find what is bad, missing or stale, example by example."""
    for path, text in texts.items():
        judged = verdicts.examples.get(path)
        if judged is not None and judged.text != text:
            message = "changed since it ran on the releases; run `make matrix`"
            yield Finding(path, 1, "", "stale", message)
            continue
        for series in chosen:
            verdict = judged.outcome(series) if judged is not None else None
            if verdict is None:
                message = f"has not run on QEMU {series}; run `make matrix`"
                yield Finding(path, 1, series, "missing", message)
            elif verdict.outcome == "failed":
                yield Finding(path, 1, series, "failed", f"fails on QEMU {series}")


def _report(findings: list[Finding], form: str) -> None:
    if form == "json":
        json.dump([asdict(finding) for finding in findings], sys.stdout, indent=1)
        sys.stdout.write("\n")
    else:
        sys.stdout.writelines(f"{finding}\n" for finding in findings)
