# SPDX-License-Identifier: GPL-2.0-or-later
"""What is known of a name in one release: from the committed index, or from a tree."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from blockdoc.source import Index, SourceTree
from blockdoc.source.index import header
from blockdoc.source.tree import Found, definitions_first

__all__ = ["Fact", "facts_of_index", "facts_of_tree", "with_code"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A name in one release."""

    #: Relative to the tree.
    file: str
    line: int
    #: `function`, `type`, `macro`, `variable`, `enum` or `value`; empty of a file.
    kind: str
    #: As a header declares it, if one says more than the definition.
    signature: str
    #: Of the tokens of its definition: comments and white space do not count.
    hash: str
    #: The whole definition; empty if only the index is at hand.
    code: str = ""


def facts_of_index(index: Index, release: str) -> dict[str, Fact]:
    """Return what the committed index knows of a release."""
    facts = {}
    for name, places in index.symbols.items():
        if entry := places.get(release):
            facts[name] = Fact(
                str(entry["file"]),
                int(entry["line"]),
                str(entry.get("kind", "")),
                str(entry.get("declared") or entry["signature"]),
                str(entry.get("hash", "")),
            )
    for name, releases in index.files.items():
        if release in releases:
            facts[name] = _file(name)
    return facts


def facts_of_tree(
    tree: SourceTree, names: Iterable[str], hints: Mapping[str, Fact] = MappingProxyType({})
) -> dict[str, Fact]:
    """Look names up near the block layer, and in the files where `hints` have them."""
    names = set(names)
    files = {name for name in names if tree.has_file(name)}
    facts = {name: _file(name) for name in files}
    plain = [name for name in names - files if ":" not in name]
    found = tree.find(plain, everywhere=False)
    for name in names - files:
        file, qualified, symbol = name.rpartition(":")
        places = found.get(name, ())
        if not places and name in hints:
            file, qualified = hints[name].file, ":"
        if qualified and tree.has_file(file):
            places = definitions_first(tree.look(file, {symbol}))
        if places:
            facts[name] = _fact(places)
    return facts


def with_code(facts: Mapping[str, Fact], tree: SourceTree) -> dict[str, Fact]:
    """Add the code, from the files of a tree in which the facts say that it is."""
    by: dict[str, set[str]] = {}
    for name, fact in facts.items():
        if tree.has_file(fact.file):
            by.setdefault(fact.file, set()).add(name.rpartition(":")[2])
    codes = {
        (file, found.declaration.name): found.declaration.code
        for file, names in by.items()
        for found in tree.look(file, names)
        if found.declaration.defines
    }
    return {
        name: replace(fact, code=codes.get((fact.file, name.rpartition(":")[2]), ""))
        for name, fact in facts.items()
    }


def _fact(places: tuple[Found, ...]) -> Fact:
    first = places[0].declaration
    signature = header(places) or first.signature
    return Fact(places[0].file, first.line, first.kind, signature, first.hash, first.code)


def _file(name: str) -> Fact:
    """Make the fact of a file: that it is there."""
    return Fact(name, 1, "file", name, "")
