# SPDX-License-Identifier: GPL-2.0-or-later
"""Links to QEMU's sources: ``{src}`` and ``{commit}``.

::

    {src}`bdrv_drained_begin`             a symbol
    {src}`block/io.c:bdrv_drained_begin`  a symbol, and where it must be
    {src}`block/io.c`                     a file
    {commit}`1a63a907507f`                a commit

Where a symbol is, release by release, stands in docs/_data/symbols.json, which
``make symbols`` makes.  The site only reads it: a name that is not there fails the
build.  The tool tip has the signature, with the locks that the header asks for, and of
what is not in every release the last that has it not yet, or the first without it.
"""

import difflib
import json
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import ReferenceRole, SphinxRole

from blockdoc.errors import AuthorError, MissingError
from blockdoc.sphinx_ext.report import warn, warn_error

__all__ = ["CommitRole", "SrcRole", "source_link"]

UPSTREAM = "https://gitlab.com/qemu-project/qemu/-"
HASH = re.compile(r"[0-9a-f]{7,40}")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link to QEMU's sources leads."""

    #: What the reader sees.
    label: str
    #: Tool tip: signature and place.
    title: str
    url: str


class SrcRole(ReferenceRole):
    """Link to a symbol or a file of QEMU."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Link it, or say that it is unknown."""
        label = self.title if self.has_explicit_title else None
        return [source_link(self.env, self.target, self.lineno, label)], []


class CommitRole(SphinxRole):
    """Link to a commit of QEMU by its hash."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Link it; the first twelve digits are shown."""
        if not HASH.fullmatch(self.text):
            message = f"{{commit}}`{self.text}`: expected 7 to 40 hexadecimal digits"
            warn(message, (self.env.docname, self.lineno), "commit")
        label = nodes.literal("", self.text[:12])
        url = f"{UPSTREAM}/commit/{self.text}"
        return [nodes.reference(self.rawtext, "", label, refuri=url, classes=["commit"])], []


def source_link(
    env: BuildEnvironment, name: str, line: int, label: str | None = None
) -> nodes.Node:
    """Link `name`, or warn and show it as it is."""
    path = Path(env.srcdir, env.config.guide_symbols)
    env.note_dependency(path)
    try:
        target = find(_read(path, _stamp(path)), name)
    except (AuthorError, MissingError) as error:
        warn_error(error, (env.docname, line), "src")
        return nodes.literal("", label or name)
    text = nodes.inline("", label) if label else nodes.literal("", target.label)
    link = nodes.reference("", "", text, refuri=target.url, reftitle=target.title)
    link["classes"] = ["src"]
    return link


def find(index: dict[str, Any], name: str) -> Target:
    """Look `name` up, in the newest release that has it.

    :raise AuthorError: it is not in the index, or not in that file.
    """
    releases = index["releases"]
    if name in index["files"]:
        newest = max(index["files"][name], key=releases.index)
        return Target(name, f"{name}, QEMU {newest}", f"{UPSTREAM}/blob/v{newest}/{name}")
    file, _, symbol = name.rpartition(":")
    places = index["symbols"].get(name) or index["symbols"].get(symbol)
    if not places:
        raise AuthorError(
            f"{name!r} is not in the symbol index; check the name, run `make symbols`"
            f"{_near(index, name)}"
        )
    newest = max(places, key=releases.index)
    place = places[newest]
    if file and place["file"] != file:
        raise AuthorError(f"{symbol!r} is in {place['file']} of QEMU {newest}, not in {file!r}")
    where = f"{place['file']}:{place['line']}, QEMU {newest}{_span(releases, places)}"
    signature = " ".join((place.get("declared") or place.get("signature", "")).split())
    return Target(
        symbol,
        f"{signature} — {where}" if signature else where,
        f"{UPSTREAM}/blob/v{newest}/{place['file']}#L{place['line']}",
    )


def _span(releases: Sequence[str], having: Container[str]) -> str:
    """Say since when and until when something is there, as far as the index goes."""
    there = [release in having for release in releases]
    since = there.index(True)
    until = len(there) - there[::-1].index(True)
    said = f"; not in {releases[since - 1]}" if since else ""
    return said + (f"; gone in {releases[until]}" if until < len(releases) else "")


def _near(index: dict[str, Any], name: str) -> str:
    """Ask whether one of the names like this was meant."""
    known = [*index["symbols"], *index["files"]]
    near = difflib.get_close_matches(name.removesuffix("()"), known, n=3, cutoff=0.7)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _stamp(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> dict[str, Any]:
    """Read the index once for each time it changes."""
    try:
        index: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingError(f"no symbol index at {path.name}; run `make symbols`") from None
    return index
