# SPDX-License-Identifier: GPL-2.0-or-later
"""Verdicts: what became of each example on each release, as docs/_data/verdicts.json.

::

    {
     "releases": {"7.2": "7.2.22", "10.0": "10.0.13"},
     "examples": {
      "examples/jobs/cancel.md": {"text": "0123456789abcdef", "7.2": "passed", …},

``text`` is the hash of the example that was run.  A verdict is ``"passed"``,
``"failed"``, ``["skipped", "why"]``, or, where the steps are not all alike, an object
that has one for each step.  There is no date and no duration: the file changes when a
verdict does, and one line of it for each example.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from blockdoc.errors import BlockdocError, Place
from blockdoc.transcript import Release

__all__ = ["LEFT_OUT", "OUTCOMES", "PATH", "Judged", "Verdict", "Verdicts", "text_hash"]

#: Where the verdicts are, from the root of the repository.
PATH = "docs/_data/verdicts.json"

#: How the reason begins why a gdb step was skipped: all else of its example did run.
LEFT_OUT = "gdb is left out"

Outcome = Literal["passed", "failed", "skipped"]
#: By its name, the worst first.
OUTCOMES: Final[Mapping[str, Outcome]] = {
    "failed": "failed",
    "skipped": "skipped",
    "passed": "passed",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a step."""

    outcome: Outcome
    #: Why it was skipped.
    why: str = ""

    def as_json(self) -> Any:  # noqa: ANN401 - it is JSON
        """Return it as it is written."""
        return [self.outcome, self.why] if self.why else self.outcome

    @classmethod
    def of(cls, value: Any) -> "Verdict":  # noqa: ANN401 - it is JSON
        """Read what :meth:`as_json` wrote."""
        outcome, why = (value, "") if isinstance(value, str) else value
        return cls(OUTCOMES[outcome], why)


#: What became of the steps of one example on one release.
Steps = Mapping[str, Verdict]


@dataclass(frozen=True, slots=True)
class Judged:
    """An example as it was when it ran, and its verdicts."""

    #: :func:`text_hash` of it.
    text: str
    #: By series; a key ``""`` among the steps: all of them.
    verdicts: Mapping[str, Steps]

    def outcome(self, series: str) -> Verdict | None:
        """Return the verdict on the whole: the worst of its steps; None if it did not run."""
        steps = list(self.verdicts.get(series, {}).values())
        order = list(OUTCOMES)
        steps = [it for it in steps if not it.why.startswith(LEFT_OUT)] or steps
        return min(steps, key=lambda it: order.index(it.outcome), default=None)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """All verdicts."""

    #: The exact version of each series that ran.
    releases: Mapping[str, str]
    #: By the example's path in the repository.
    examples: Mapping[str, Judged]

    @classmethod
    def read(cls, root: Path) -> "Verdicts":
        """Read the verdicts of the repository at `root`; none if there is no file.

        :raise BlockdocError: the file is not what :meth:`text` writes.
        """
        try:
            data = json.loads((root / PATH).read_text(encoding="utf-8"))
            examples = {path: _judged(it) for path, it in data["examples"].items()}
            return cls(dict(data["releases"]), examples)
        except FileNotFoundError:
            return cls({}, {})
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            message = "this is not a file of verdicts; remove it and run `make matrix`"
            raise BlockdocError(message, Place(PATH, 1)) from error

    def text(self) -> str:
        """Return the file's text: the same bytes for the same verdicts."""
        series = sorted(self.releases, key=Release.parse)
        releases = {it: self.releases[it] for it in series}
        lines = ",\n".join(self._lines(series))
        return f'{{\n "releases": {json.dumps(releases)},\n "examples": {{\n{lines}\n }}\n}}\n'

    def write(self, root: Path) -> None:
        """Replace the file whole, or not at all."""
        path = root / PATH
        unfinished = path.with_suffix(".new")
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(self.text(), encoding="utf-8")
        unfinished.replace(path)

    def _lines(self, series: list[str]) -> Iterator[str]:
        for path, judged in sorted(self.examples.items()):
            entry = {"text": judged.text}
            entry |= {
                it: _as_json(judged.verdicts[it]) for it in series if it in judged.verdicts
            }
            yield f"  {json.dumps(path)}: {json.dumps(entry, ensure_ascii=False)}"

    def with_run(
        self, series: str, version: str, texts: Mapping[str, str], ran: Mapping[str, Steps]
    ) -> "Verdicts":
        """Return these verdicts with those of a whole run of one series.

        `texts` has the hash of every example that there is, `ran` the verdicts.  Verdicts
        on an example that has changed since, or is gone, are forgotten.
        """
        examples = {}
        for path, text in texts.items():
            old = self.examples.get(path)
            kept = dict(old.verdicts) if old is not None and old.text == text else {}
            kept.pop(series, None)
            examples[path] = Judged(text, kept | ({series: ran[path]} if path in ran else {}))
        return replace(self, releases={**self.releases, series: version}, examples=examples)


def text_hash(text: bytes) -> str:
    """Return what tells the text of an example from another."""
    return hashlib.sha256(text).hexdigest()[:16]


def _judged(entry: Mapping[str, Any]) -> Judged:
    verdicts = {
        series: {step: Verdict.of(it) for step, it in value.items()}
        if isinstance(value, dict)
        else {"": Verdict.of(value)}
        for series, value in entry.items()
        if series != "text"
    }
    return Judged(entry["text"], verdicts)


def _as_json(steps: Steps) -> Any:  # noqa: ANN401 - it is JSON
    found = set(steps.values())
    if len(found) == 1:
        return found.pop().as_json()
    return {step: verdict.as_json() for step, verdict in steps.items()}
