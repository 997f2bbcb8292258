# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc run``: run examples of QEMU's own documentation."""

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from blockdoc.doctest.script import Script, make_script
from blockdoc.doctest.upstream import Verdict, run_session
from blockdoc.errors import AuthorError, MissingError, Place
from blockdoc.plural import counted
from blockdoc.qemu import find_build
from blockdoc.upstream import find_snippets, snippet_at
from blockdoc.upstream.sidecar import Sidecar, read_sidecar

__all__ = ["add_parser", "run"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it
#: Where the sidecar of docs/interop/bitmaps.rst is bitmaps.yaml.
SIDECARS = Path("examples/upstream")
_LINE = re.compile(r"(?P<file>.+?):(?P<line>\d+)")


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("run", help=__doc__.partition(": ")[2])
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE[:LINE]",
        help="a file of QEMU's documentation; with a line, only the sessions with that example",
    )
    parser.add_argument(
        "--setup",
        type=Path,
        metavar="FILE",
        help=f"how to run it (default: {SIDECARS}/NAME.yaml)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the examples; 1 if one does not work as printed."""
    build = find_build()
    scripts = [it for name in options.files for it in _scripts(name, options.setup)]
    verdicts = [it for script in scripts for it in asyncio.run(run_session(script, build))]
    _show(verdicts, options.format)
    failed = [it for it in verdicts if it.outcome == "failed"]
    sys.stderr.write(
        f"QEMU {build.version}: {counted(len(scripts), 'session')}, "
        f"{counted(len(verdicts), 'step')}, "
        f"{len(failed)} failed\n"
    )
    return 1 if failed else 0


def _scripts(name: str, setup: Path | None) -> Iterator[Script]:
    """Make the sessions of a file ready, or those in which the example of a line is.

    :raise MissingError: there is no such file, or no sidecar.
    :raise AuthorError: there is no example at the line, or no session that runs it.
    """
    found = _LINE.fullmatch(name)
    path = Path(found["file"] if found else name)
    if not path.is_file():
        raise MissingError(f"{path}: no such file")
    sidecar = _sidecar(path, setup)
    snippets = list(find_snippets(path.parent, path.name))
    scripts = [make_script(it, sidecar, snippets, str(path)) for it in sidecar.sessions]
    if found:
        span = snippet_at(snippets, Place(str(path), int(found["line"]))).lines
        scripts = [it for it in scripts if _has(it, str(path), span)]
    if not scripts:
        raise AuthorError(f"{name}: its sidecar has no session that runs it")
    yield from scripts


def _sidecar(path: Path, setup: Path | None) -> Sidecar:
    file = setup or SIDECARS / f"{path.stem}.yaml"
    if not file.is_file():
        raise MissingError(f"{file}: no such file; it says how to run {path} (`--setup`)")
    return read_sidecar(file)


def _has(script: Script, path: str, span: range) -> bool:
    """Say whether a session runs something of these lines."""
    places = (it.place for step in script.example.steps for it in step.alternatives)
    return any(it.path == path and it.line in span for it in places)


def _show(verdicts: Sequence[Verdict], form: str) -> None:
    if form == "json":
        json.dump(
            [_as_json(it) for it in verdicts if it.outcome != "passed"], sys.stdout, indent=1
        )
        sys.stdout.write("\n")
        return
    session = ""
    for it in verdicts:
        if it.session != session:
            session = it.session
            sys.stdout.write(f"# {session}\n")
        sys.stdout.write(f"{it.place}: {it.outcome}: {it.message}\n")


def _as_json(verdict: Verdict) -> dict[str, str | int]:
    return {
        "path": verdict.place.path,
        "line": verdict.place.line,
        "id": verdict.session,
        "kind": verdict.outcome,
        "message": verdict.message,
    }
