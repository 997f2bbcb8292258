# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc review``: name the rules that a patch touches, as lines for a review.

Reads a diff, the output of ``git format-patch``, an mbox as ``b4 am`` writes it, or a mail.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from blockdoc.citation import base_url, citation
from blockdoc.errors import AuthorError
from blockdoc.review import Match, Patch, Ranking, read_patches
from blockdoc.units import read_guide

__all__ = ["add_parser"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    about = __doc__.partition(": ")[2].partition("\n")[0]
    parser = commands.add_parser("review", help=about)
    parser.add_argument(
        "patches", nargs="*", metavar="FILE", help="patches (default: standard input)"
    )
    parser.add_argument(
        "--rules", type=int, default=3, metavar="N", help="at most so many of each patch"
    )
    parser.add_argument("--sections", type=int, default=2, metavar="N", help="the same")
    parser.add_argument("--base-url", default=base_url(), metavar="URL", help="as of `cite`")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Name them; 1 if there are any."""
    patches = [patch for text in _texts(options.patches) for patch in read_patches(text)]
    if not patches:
        raise AuthorError("no patch in there: expected a diff, git format-patch, or an mbox")
    ranking = Ranking(read_guide(Path.cwd()))
    found = [(it, ranking.few(it, options.rules, options.sections)) for it in patches]
    if options.format == "json":
        entries = [_entry(patch, match) for patch, its in found for match in its]
        sys.stdout.write(json.dumps(entries, indent=1) + "\n")
    else:
        sys.stdout.write("\n".join(_text(it, its, options.base_url) for it, its in found))
    return 1 if any(matches for _, matches in found) else 0


def _texts(names: Sequence[str]) -> list[str]:
    if not names:
        return [sys.stdin.buffer.read().decode(errors="replace")]
    try:
        return [Path(name).read_bytes().decode(errors="replace") for name in names]
    except OSError as error:
        raise AuthorError(f"{error.filename}: cannot be read: {error.strerror}") from error


def _text(patch: Patch, matches: Sequence[Match], base: str) -> str:
    """Write lines to paste, each with its reasons below it."""
    lines = [f"{patch.subject or ', '.join(patch.files)}:"]
    for match in matches:
        unit = match.unit
        there = base if unit.short else ""  # no id, no link
        lines.append(f"  {citation(unit.short or unit.id, unit.title, there)}")
        lines.append(f"    ({'; '.join(match.why)})")
    return "\n".join([*lines, *([] if matches else ["  nothing of the guide"])]) + "\n"


def _entry(patch: Patch, match: Match) -> dict[str, Any]:
    return {
        "path": match.unit.path,
        "line": match.unit.line,
        "id": match.unit.id,
        "kind": match.unit.kind,
        "message": "; ".join(match.why),
        "patch": patch.subject,
        "score": round(match.score, 2),
    }
