# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc ids``: hold the permanent ids against those that were published.

With ``--update`` the new ones are published, too: from then on they must lead somewhere.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from blockdoc.citable import Citable, read_citables
from blockdoc.errors import Place
from blockdoc.example.fences import tokens
from blockdoc.published import IDS, Gone, Published

__all__ = ["add_parser"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    about = __doc__.partition(": ")[2].partition("\n")[0]
    parser = commands.add_parser("ids", help=about)
    parser.add_argument("--update", action="store_true", help=f"add the new ones to {IDS}")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Say what is gone, and what cannot be cited; 1 if there is any."""
    root = Path.cwd()
    known = read_citables(root)
    current = {it.id: it.address for it in known}
    published = Published.read(root)
    pages = {
        it.relative_to(root).as_posix().removesuffix(".md")
        for top in ("docs", "examples")
        for it in (root / top).rglob("*.md")
    }
    found = [*_twice(known), *_nameless(root), *published.gone(current, pages)]
    if options.format == "json":
        sys.stdout.write(json.dumps([_entry(it) for it in found], indent=1) + "\n")
    else:
        sys.stdout.writelines(f"{it}\n" for it in found)
    more = published.with_new(current)
    new = sum(more.ids[it] != published.ids.get(it) for it in more.ids)
    if options.update and not found:
        more.write(root)
        sys.stderr.write(f"{len(more.ids)} ids are published, {new} of them from now on\n")
    else:
        hint = "" if not new else "; `blockdoc ids --update` publishes them"
        sys.stderr.write(f"{len(published.ids)} ids are published, {new} are new{hint}\n")
    return 1 if found else 0


def _twice(known: Sequence[Citable]) -> Iterator[Gone]:
    first: dict[str, Citable] = {}
    for it in known:
        other = first.setdefault(it.id.lower(), it)
        if other is not it:
            yield Gone(it.place, it.id, f"{it.kind} {it.id} has the id of {other.place}")


def _nameless(root: Path) -> Iterator[Gone]:
    """Find headings that no target makes citable; an example is cited by its path."""
    for path in sorted((root / "docs").rglob("*.md")):
        name, target = path.relative_to(root).as_posix(), False
        for token in tokens(path.read_text(encoding="utf-8")):
            if token.type == "heading_open" and token.level == 0 and token.map and not target:
                message = "the section has no id; put one above it, such as (drain-why)="
                yield Gone(Place(name, token.map[0] + 1), "", message)
            if token.type in {"heading_open", "myst_target"}:
                target = token.type == "myst_target"


def _entry(it: Gone) -> dict[str, Any]:
    path, line = it.place
    return {"path": path, "line": line, "id": it.id, "kind": "id", "message": it.message}
