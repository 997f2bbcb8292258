# SPDX-License-Identifier: GPL-2.0-or-later
"""Shows drift: as text, as JSON, as Markdown for an issue.

A change of code is shown once, with its diff, where it matters most; further down its
name stands with a reference to there.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from blockdoc.drift.compare import Change, Stale
from blockdoc.drift.news import News

__all__ = ["Report", "to_json", "to_markdown", "to_text"]

#: Lines of a diff that are shown.
MOST = 24
#: Pages that are named of those that were not compared.
SOME = 5
WORDS = {
    "gone": "is gone",
    "signature": "has another signature",
    "annotation": "has other annotations",
    "body": "has other code",
    "moved": "has moved",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What has drifted."""

    #: The release, or what else the tree is called.
    to: str
    stale: Sequence[Stale]
    news: Sequence[News]
    #: Pages that name something, and do not say for which release they were reviewed.
    unreviewed: Sequence[str] = ()

    @property
    def left_out(self) -> str:
        """One line on what was not compared; empty if all was."""
        pages = self.unreviewed
        if not pages:
            return ""
        more = f" and {len(pages) - SOME} more" if len(pages) > SOME else ""
        which = ", ".join(pages[:SOME])
        return f"not compared, for want of `reviewed:` in their front matter: {which}{more}"


def to_text(report: Report) -> str:
    """Write what to read again, and why."""
    shown: set[str] = set()
    blocks = [_news_line(it) for it in report.news]
    for it in report.stale:
        unit = it.unit
        blocks.append(f"{unit.place}: {unit.id}: {unit.title} (reviewed for {_of(it)})")
        if unit.shown_by:
            blocks.append(f"    run again: {', '.join(unit.shown_by)}")
        for change in it.changes:
            blocks.append(f"    {_said(change)}")
            blocks += [f"        {line}" for line in _details(change, shown)]
    if report.left_out:
        blocks.append(report.left_out)
    return "".join(f"{line}\n" for line in blocks)


def to_markdown(report: Report) -> str:
    """Write the body of an issue: a box to tick for each section."""
    shown: set[str] = set()
    lines = [f"# The guide against QEMU {report.to}", ""]
    if report.news:
        lines += ["## New, gone, or not listed", ""]
        lines += [f"- [ ] {_news_line(it)}" for it in report.news] + [""]
    if report.stale:
        lines += ["## Read again", ""]
    for it in report.stale:
        unit = it.unit
        lines += [f"- [ ] **{unit.id}** {unit.title} (`{unit.place}`, {_of(it)})"]
        for change in it.changes:
            lines.append(f"  - {_said(change, '`')}")
            if details := list(_details(change, shown)):
                lines += [
                    "",
                    "    ```diff",
                    *(f"    {line}" for line in details),
                    "    ```",
                    "",
                ]
    if report.left_out:
        lines += ["", f"{report.left_out[0].upper()}{report.left_out[1:]}."]
    return "\n".join(lines) + "\n"


def to_json(report: Report) -> str:
    """Write a list of objects: one for each pair of a section and a name."""
    entries = [_news_entry(it) for it in report.news]
    for it in report.stale:
        entries += [_entry(it, change) for change in it.changes]
    return json.dumps(entries, indent=1) + "\n"


def _of(it: Stale) -> str:
    return it.unit.reviewed or "no release"


def _said(change: Change, quote: str = "") -> str:
    name = f"{quote}{change.name}{quote}"
    files = change.old.file
    if change.new and change.new.file != files:
        files = f"{files} → {change.new.file}"
    share = f", {round(100 * change.share)} % of it" if change.share else ""
    now = f"; perhaps {quote}{change.now}{quote} now" if change.now else ""
    return f"{name} {WORDS[change.kind]}{share}{now} ({files})"


def _details(change: Change, shown: set[str]) -> Iterator[str]:
    if change.name in shown:
        return
    shown.add(change.name)
    if change.kind in {"signature", "annotation"} and change.new:
        yield f"- {change.old.signature}"
        yield f"+ {change.new.signature}"
    yield from change.diff[:MOST]
    if len(change.diff) > MOST:
        yield f"... {len(change.diff) - MOST} more lines"
    yield from (f"# {commit}" for commit in change.commits)


def _news_line(it: News) -> str:
    return f"{it.place}: {it.unit}: {it.message}" if it.place else f"{it.kind}: {it.message}"


def _news_entry(it: News) -> dict[str, Any]:
    return {
        "path": it.place.path if it.place else "",
        "line": it.place.line if it.place else 0,
        "id": it.unit or it.name,
        "kind": it.kind,
        "message": it.message,
        "symbol": it.name,
    }


def _entry(it: Stale, change: Change) -> dict[str, Any]:
    new = change.new
    return {
        "path": it.unit.path,
        "line": it.unit.line,
        "id": it.unit.id,
        "kind": change.kind,
        "message": _said(change),
        "symbol": change.name,
        "reviewed": it.unit.reviewed,
        "score": round(it.score, 2),
        "shown_by": list(it.unit.shown_by),
        "old": {"file": change.old.file, "signature": change.old.signature},
        "new": {"file": new.file, "signature": new.signature} if new else None,
        "diff": list(change.diff),
        "commits": list(change.commits),
    }
