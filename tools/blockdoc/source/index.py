# SPDX-License-Identifier: GPL-2.0-or-later
"""The symbol index: where everything that the guide cites is, release by release.

::

    { "files":    { "block/io.c": ["7.2.22", "10.0.13"] },
      "releases": ["7.2.22", "10.0.13"],
      "symbols":  { "bdrv_drained_begin":
                      { "10.0.13": { "file": …, "line": …, "kind": "function",
                                     "signature": …, "declared": …, "hash": … } } } }

``declared`` is the prototype in a header, if it says more; ``hash`` changes with the
code, and with neither comments nor blanks.

What is cited as ``block/io.c:name`` has that as its key. Releases go from the
oldest to the newest. The text is canonical: the same trees and pages, the
same bytes.
"""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blockdoc.errors import AuthorError
from blockdoc.source.body import tokens
from blockdoc.source.cited import Citation
from blockdoc.source.tree import Found, SourceTree, definitions_first
from blockdoc.transcript import Release

__all__ = ["Finding", "Index", "make_index"]

Entry = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Finding:
    """A citation that does not hold."""

    citation: Citation
    #: `unknown` or `ambiguous`.
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.citation.place}: {self.message}"

    def as_json(self) -> dict[str, Any]:
        """Return it as every report of this package gives findings."""
        return {
            "path": self.citation.path,
            "line": self.citation.line,
            "id": self.citation.name,
            "kind": self.kind,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Index:
    """What docs/_data/symbols.json says."""

    releases: tuple[str, ...]
    #: By name as cited, then by release.
    symbols: Mapping[str, Mapping[str, Entry]]
    #: By path: the releases that have it.
    files: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, path: Path) -> "Index":
        """Read an index; an empty one where there is none yet.

        :raise AuthorError: the file is not one of ours.
        """
        if not path.exists():
            return cls((), {}, {})
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            files = {name: tuple(releases) for name, releases in data["files"].items()}
            return cls(tuple(data["releases"]), data["symbols"], files)
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise AuthorError(f"{path}: not a symbol index ({error}); remove it") from None

    def text(self) -> str:
        """Return the file's text."""
        data = {"releases": self.releases, "symbols": self.symbols, "files": self.files}
        # An object's members in order, but releases as they are: newest last.
        text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True)
        return text + "\n"


def make_index(
    citations: Iterable[Citation], trees: Sequence[SourceTree], old: Index
) -> tuple[Index, tuple[Finding, ...]]:
    """Look every citation up in every tree; say which do not hold.

    Of releases whose tree is not at hand, `old` is believed.
    """
    names = sorted({citation.name for citation in citations})
    kept = set(old.releases) - {tree.release for tree in trees}
    symbols = {name: _kept(old.symbols.get(name, {}), kept) for name in names}
    files = {name: set(old.files.get(name, ())) & kept for name in names}
    findings: list[Finding] = []
    doubtful: dict[str, str] = {}
    for tree in trees:
        for name, places in _look_up(tree, names).items():
            if places:
                symbols[name][tree.release] = _entry(places)
                doubtful |= _ambiguity(name, places)
            elif tree.has_file(name):
                files[name].add(tree.release)
    unknown = {name for name in names if not symbols[name] and not files[name]}
    for citation in sorted(set(citations), key=lambda it: (it.path, it.line, it.name)):
        if citation.name in unknown:
            findings.append(Finding(citation, "unknown", _unknown(citation.name, trees)))
        elif citation.name in doubtful:
            findings.append(Finding(citation, "ambiguous", doubtful[citation.name]))
    releases = sorted({*kept, *(tree.release for tree in trees)}, key=Release.parse)
    index = Index(
        tuple(releases),
        {name: places for name, places in symbols.items() if places},
        {
            name: tuple(sorted(having, key=Release.parse))
            for name, having in files.items()
            if having
        },
    )
    return index, tuple(findings)


def _kept(entries: Mapping[str, Entry], releases: Iterable[str]) -> dict[str, Entry]:
    return {release: entries[release] for release in releases if release in entries}


def _entry(places: Sequence[Found]) -> Entry:
    """Describe the first of `places`, with what a header adds to it."""
    first = places[0].declaration
    entry: dict[str, str | int] = {
        "file": places[0].file,
        "hash": first.hash,
        "kind": first.kind,
        "line": first.line,
        "signature": first.signature,
    }
    declared = header(places)
    return entry | ({"declared": declared} if declared else {})


def header(places: Sequence[Found]) -> str:
    """Return how a header declares a function; there stand the locks that it needs."""
    if places[0].declaration.kind != "function":
        return ""
    headers = [it.declaration for it in places[1:] if it.file.endswith(".h")]
    prototypes = (it.signature for it in headers if it.kind == "function" and not it.defines)
    said = next(prototypes, "")
    return said if tokens(said) != tokens(places[0].declaration.signature) else ""


def _look_up(tree: SourceTree, names: Sequence[str]) -> dict[str, tuple[Found, ...]]:
    """Find names as they are cited, with or without the file that must have them."""
    found = tree.find(name for name in names if ":" not in name)
    for name in names:
        file, qualified, symbol = name.rpartition(":")
        if qualified:
            places = tuple(tree.look(file, {symbol})) if tree.has_file(file) else ()
            found[name] = definitions_first(places)
    return found


def _ambiguity(name: str, places: Sequence[Found]) -> dict[str, str]:
    """Say so if the definitions of a name are in several files."""
    files = sorted({found.file for found in places if found.declaration.defines})
    if len(files) < 2 or ":" in name:  # noqa: PLR2004 - several
        return {}
    choice = " or ".join(f"{{src}}`{file}:{name}`" for file in files[:3])
    return {name: f"{name!r} is defined in {len(files)} files; say which: {choice}"}


def _unknown(name: str, trees: Sequence[SourceTree]) -> str:
    releases = ", ".join(tree.release for tree in trees)
    message = f"{name!r} is not in the sources of QEMU {releases}"
    if near := _near_matches(name, trees[-1]):
        message += f"; did you mean {' or '.join(near)}?"
    return message


def _near_matches(name: str, tree: SourceTree) -> list[str]:
    """Find words of the block layer's sources, or files, that look like `name`."""
    wanted = name.rpartition(":")[2].removesuffix("()")
    words = sorted(word for word in tree.words() if word[:3] == wanted[:3])
    return difflib.get_close_matches(wanted, words, n=3, cutoff=0.8)
