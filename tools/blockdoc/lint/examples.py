# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks examples and pages against the schema of every recorded release.

::

    example ── steps ── fences ──┬─ 7.2  ─┐
                                 ├─ 10.0 ─┼─ each release that it is for ──► findings
                                 └─ 11.1 ─┘
    page ───── transcripts ─────── newest ──────────────────────────────────► findings
    either ─── lists of all values of an enumeration ── newest ─────────────► findings

What the newest release calls deprecated or unstable is a mistake, unless the example
says that it shows it.  A page has no machine and no condition: what stands on it is
held against the newest system emulator.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from blockdoc.errors import AuthorError, BlockdocError, Place
from blockdoc.example import is_example, parse_example, read_text
from blockdoc.lint.finding import Finding, Kind
from blockdoc.lint.lists import check_lists
from blockdoc.lint.pages import page_transcripts
from blockdoc.lint.report import Checked
from blockdoc.lint.transcript import check_transcript
from blockdoc.qemu.debugger import check_command
from blockdoc.transcript import (
    DEBUGGER,
    parse_dialogue,
    parse_transcript,
    without_dialogue,
    without_transcript,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from blockdoc.example import Example, Fence, Step
    from blockdoc.schema.modules import Modules
    from blockdoc.schema.recorded import Recorded
    from blockdoc.transcript import Condition

__all__ = ["Report", "is_example_file", "lint_files", "lint_text"]

_SHOWN = (Kind.DEPRECATED, Kind.UNSTABLE)
_UNKNOWN = {"command": Kind.UNKNOWN_COMMAND, "event": Kind.UNKNOWN_EVENT}


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked, and what was found, in reading order."""

    checked: tuple[Checked, ...]
    findings: tuple[Finding, ...]


def lint_files(
    files: Iterable[Path], root: Path, releases: Sequence[Recorded], modules: Modules
) -> Report:
    """Check files of the repository at `root`.

    :raise BlockdocError: a file cannot be read.
    """
    checked: list[Checked] = []
    findings: list[Finding] = []
    newest = releases[-1].system
    for file in files:
        path = file.absolute()
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(file)
        text = read_text(path, name)
        report = lint_text(text, name, releases, is_example=is_example_file(path))
        checked += report.checked
        findings += report.findings
        if path.suffix != ".rst":
            findings += check_lists(text, name, lambda it: modules.values(it, newest))
    return Report(tuple(checked), tuple(findings))


def is_example_file(path: Path) -> bool:
    """Say whether a file is an example, rather than a page that shows some QMP."""
    return "examples" in path.absolute().parts and is_example(path)


def lint_text(
    text: str, path: str, releases: Sequence[Recorded], *, is_example: bool = True
) -> Report:
    """Check the text of one example, or of another page."""
    linter = _Linter(releases)
    try:
        if not is_example:
            return linter.page(text, path)
        return linter.example(parse_example(text, path))
    except AuthorError as error:
        return Report((Checked(path, ""),), (_syntax(error, Place(path, 1), ""),))


@dataclass(frozen=True, slots=True)
class _Linter:
    #: Oldest first.
    releases: Sequence[Recorded]

    def page(self, text: str, path: str) -> Report:
        """Check the transcripts of a page."""
        newest = self.releases[-1].system
        findings: list[Finding] = []
        for transcript in page_transcripts(text, path):
            findings += check_transcript(transcript, newest)
        return Report((Checked(path, ""),), tuple(findings))

    def example(self, example: Example) -> Report:
        """Check every transcript of an example, and every condition."""
        findings = [*self._condition(example.requires, "")]
        for step in example.steps:
            findings += self._step(example, step)
        checked = (Checked(example.path, step.id) for step in example.steps)
        return Report(tuple(checked), tuple(findings))

    def _step(self, example: Example, step: Step) -> Iterator[Finding]:
        """Check the alternatives of a step, each against the releases that it is for."""
        chosen: defaultdict[int, list[Recorded]] = defaultdict(list)
        for release in self._admitted(example):
            try:
                chosen[id(step.fence(release))].append(release)
            except AuthorError as error:
                place = step.alternatives[0].place
                yield replace(_syntax(error, place, step.id), kind=Kind.ALTERNATIVES)
                break
        for fence in step.alternatives:
            yield from self._condition(fence.when, step.id)
            if step.kind == "qmp":
                yield from self._fence(example, step, fence, chosen[id(fence)])
            elif step.kind == "gdb":
                yield from _commands(fence, step)
                spoken = replace(fence, text=without_dialogue(fence.text, DEBUGGER))
                yield from self._fence(example, step, spoken, chosen[id(fence)])

    def _admitted(self, example: Example) -> list[Recorded]:
        requires = example.requires
        return [it for it in self.releases if requires is None or requires.applies(it)]

    def _fence(
        self, example: Example, step: Step, fence: Fence, releases: Sequence[Recorded]
    ) -> Iterator[Finding]:
        shows = example.shows | fence.shows
        unknown = sorted(shows - {str(kind) for kind in _SHOWN})
        if unknown:
            message = f"shows: {', '.join(unknown)}: expected deprecated or unstable"
            yield Finding(fence.place, Kind.SYNTAX, message, step.id)
        try:
            transcript = parse_transcript(fence.text, fence.body)
        except AuthorError as error:
            yield _syntax(error, fence.place, step.id)
            return
        kind = example.machine(fence.vm).kind
        schemas = [(release, release.schema(kind)) for release in releases]
        found = {
            release.release.series: [
                finding
                for finding in check_transcript(transcript, schema, step.id)
                if self._counts(finding, release, shows)
            ]
            for release, schema in schemas
        }
        yield from _joined(found)

    def _counts(self, finding: Finding, release: Recorded, shows: frozenset[str]) -> bool:
        """Leave out what is deprecated or unstable elsewhere, or on purpose."""
        if finding.kind not in _SHOWN:
            return True
        return release is self.releases[-1] and finding.kind not in shows

    def _condition(self, condition: Condition | None, step: str) -> Iterator[Finding]:
        """Report names that no release offers: no alternative could ever be checked."""
        for offer in condition.offers if condition else ():
            if condition and not any(it.has(offer.kind, offer.name) for it in self.releases):
                message = (
                    f"no recorded release has the {offer.kind} {offer.name}; "
                    "correct it, or record one that has: `blockdoc schema --write`"
                )
                kind = _UNKNOWN.get(offer.kind, Kind.UNKNOWN_VALUE)
                yield Finding(condition.place, kind, message, step)


def _commands(fence: Fence, step: Step) -> Iterator[Finding]:
    """Report what gdb is told that does more than look."""
    text = without_transcript(fence.text, DEBUGGER)
    try:
        for exchange in parse_dialogue(text, fence.body, DEBUGGER):
            check_command(exchange.command, Place(fence.body.path, exchange.line))
    except AuthorError as error:
        yield _syntax(error, fence.place, step.id)


def _syntax(error: BlockdocError, place: Place, step: str) -> Finding:
    return Finding(error.place or place, Kind.SYNTAX, error.message, step)


def _joined(found: dict[str, list[Finding]]) -> list[Finding]:
    """Say a finding of several releases once, and of which releases if not of all."""
    series: defaultdict[Finding, list[str]] = defaultdict(list)
    for name, findings in found.items():
        for finding in findings:
            series[finding].append(name)
    joined = (
        finding
        if len(names) == len(found) or finding.kind in _SHOWN
        else replace(finding, message=f"{finding.message} (QEMU {', '.join(names)})")
        for finding, names in series.items()
    )
    return sorted(joined, key=lambda it: it.place.line)
