# SPDX-License-Identifier: GPL-2.0-or-later
"""Shows a coverage: as text, as JSON, as a page's Markdown."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from blockdoc.coverage.measure import Coverage, Group

__all__ = ["to_json", "to_markdown", "to_text"]

_WIDTH = 96
#: How many steps of one name are linked.
_LINKS = 3


def to_text(coverage: Coverage) -> str:
    """Write a line for each group, and below it what no step uses."""
    lines = [f"QEMU {coverage.version}, the block layer's modules of {coverage.modules}"]
    for group in coverage.groups:
        lines.append(f"{len(group.used):4} of {len(group.steps):3}  {group.name}")
        lines += _wrapped("not used: ", group.unused)
    lines.append(f"{len(coverage.errors):4}         different errors")
    lines += _wrapped("in no module: ", coverage.unlisted)
    return "\n".join(lines) + "\n"


def _wrapped(label: str, names: Sequence[str]) -> list[str]:
    indent = " " * 13
    text = f"{label}{', '.join(names)}"
    return (
        textwrap.wrap(
            text,
            _WIDTH,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        if names
        else []
    )


def to_json(coverage: Coverage) -> str:
    """Write an object: groups, errors, and what is in no module."""
    data = {
        "qemu": coverage.version,
        "modules": coverage.modules,
        "groups": [
            {"name": group.name, "steps": dict(group.steps), "unused": group.unused}
            for group in coverage.groups
        ],
        "errors": dict(coverage.errors),
        "unlisted": coverage.unlisted,
    }
    return json.dumps(data, indent=1) + "\n"


def to_markdown(coverage: Coverage) -> str:
    """Write what stands on the page: figures, then each group with links to steps."""
    return "\n".join(_markdown(coverage)) + "\n"


def _markdown(coverage: Coverage) -> Iterator[str]:
    yield "| | shown | offered |"
    yield "|---|--:|--:|"
    for group in coverage.groups:
        yield f"| {_title(group)} | {len(group.used)} | {len(group.steps)} |"
    yield f"| different errors | {len(coverage.errors)} | |"
    yield ""
    for group in coverage.groups:
        yield f"**{_title(group)}**"
        yield ""
        yield from _names(group)
    if coverage.unlisted:
        yield "**Newer than the modules**"
        yield ""
        yield ", ".join(f"`{name}`" for name in coverage.unlisted)
        yield ""


def _title(group: Group) -> str:
    return group.name if group.name in ("commands", "events") else f"`{group.name}`"


def _names(group: Group) -> Iterator[str]:
    for name in group.used:
        steps = group.steps[name]
        links = ", ".join(f"{{step}}`{step}`" for step in steps[:_LINKS])
        more = f", and {len(steps) - _LINKS} more" if len(steps) > _LINKS else ""
        yield f"* `{name}`: {links}{more}"
    if group.unused:
        yield f"* not shown: {', '.join(f'`{name}`' for name in group.unused)}"
    yield ""
