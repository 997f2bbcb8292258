# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks what a source tree of QEMU documents against what it defines.

::

    tree ─┬─ scripts/qapi ──► Schema ────────────┐
          └─ documentation ──► snippets ──read──► check_transcript ──► findings

What is deprecated or unstable is no mistake here: it has to be documented, too.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from blockdoc.errors import AuthorError, Place
from blockdoc.lint.finding import Finding, Kind
from blockdoc.lint.report import Checked
from blockdoc.lint.transcript import check_transcript
from blockdoc.schema import Schema
from blockdoc.schema.source import read_source_schema
from blockdoc.transcript import Command, Item, Reply, Transcript
from blockdoc.upstream import Snippet, find_snippets, list_files, read_snippet

__all__ = ["TreeReport", "lint_tree"]

_NO_MISTAKE = (Kind.DEPRECATED, Kind.UNSTABLE)


@dataclass(frozen=True, slots=True)
class TreeReport:
    """What was looked at in a source tree, and what was found."""

    findings: tuple[Finding, ...]
    #: Every example, whether or not something is wrong with it.
    checked: tuple[Checked, ...]
    files: int


def lint_tree(tree: Path, paths: Sequence[str] = ()) -> TreeReport:
    """Check the documentation of the source tree at `tree`, or those files of it.

    :raise MissingError: there is no such tree or file, or its schema cannot be read.
    """
    names = list_files(tree, paths)
    schema = Schema.from_introspection(read_source_schema(tree).introspection)
    findings: list[Finding] = []
    checked: list[Checked] = []
    for name in names:
        try:
            for snippet in find_snippets(tree, name):
                found = _Snippet(snippet, schema)
                findings += found.findings()
                checked += found.checked()
        except AuthorError as error:
            findings.append(Finding(error.place or Place(name, 1), Kind.SYNTAX, error.message))
    return TreeReport(tuple(findings), tuple(checked), len(names))


class _Snippet:
    """One snippet, against the schema."""

    def __init__(self, snippet: Snippet, schema: Schema) -> None:
        self._snippet = snippet
        self._schema = schema
        self._reading = read_snippet(snippet)
        #: What it documents; in a text, where it stands.
        self._id = snippet.owner or f"line {snippet.place.line}"

    def checked(self) -> Iterator[Checked]:
        """Name it, if there is QMP in it."""
        if self._reading.transcript.items or self._reading.problems:
            yield Checked(self._snippet.place.path, self._id)

    def _allowed(self) -> tuple[Kind, ...]:
        """Name what is no mistake here; of what was shortened, QEMU sends more."""
        return (*_NO_MISTAKE, Kind.MISSING_MEMBER) if self._snippet.abridged else _NO_MISTAKE

    def findings(self) -> list[Finding]:
        """List what is wrong with it, in order."""
        found = [
            Finding(it.place, Kind(it.kind), it.message, self._id)
            for it in self._reading.problems
        ]
        found += (
            it
            for part in _talks(self._reading.transcript)
            for it in check_transcript(part, self._schema, self._id)
            if it.kind not in self._allowed()
        )
        return sorted(found, key=lambda it: it.place.line)


def _talks(transcript: Transcript) -> Iterator[Transcript]:
    """Cut where replies are left out, so that each is held against its own command."""
    counts = Counter(type(item) for item in transcript.items)
    if counts[Command] == counts[Reply]:
        yield transcript
        return
    parts: list[list[Item]] = [[]]
    for item in transcript.items:
        if isinstance(item, Command):
            parts.append([])
        parts[-1].append(item)
    yield from (Transcript(transcript.source, tuple(part)) for part in parts)
