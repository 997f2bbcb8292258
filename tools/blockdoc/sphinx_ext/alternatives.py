# SPDX-License-Identifier: GPL-2.0-or-later
"""Answers that differ by release: one after another, or as tabs.

::

    <div class="alternatives">
      <section class="alternative" data-newest>      one for each alternative
        <p class="alternative-for">QEMU 10.1 and later</p>
        …
      </section>
    </div>

That is what a reader without JavaScript sees, and a printer.  static/blockdoc.js
makes tabs of it, labelled with the same words.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from docutils import nodes

from blockdoc.errors import BlockdocError, Place
from blockdoc.qemu.releases import supported
from blockdoc.schema.recorded import Released
from blockdoc.sphinx_ext.html import make, tag
from blockdoc.transcript import Condition, Release, choose

__all__ = ["alternatives", "in_words"]

COMPARISON = re.compile(r"qemu\s*(>=|<=|==|>|<)\s*([0-9.]+)")
#: How each comparison is said: alone, and behind another one.
WORDS = {
    ">=": ("QEMU {} and later", "from {} on"),
    "<=": ("QEMU up to {}", "up to {}"),
    "==": ("QEMU {}", "{}"),
    ">": ("QEMU after {}", "after {}"),
    "<": ("QEMU before {}", "before {}"),
}


def alternatives(
    conditions: Sequence[str], bodies: Sequence[Sequence[nodes.Node]], root: Path
) -> nodes.Node:
    """Show the alternatives of a step, each under its condition in words."""
    newest = _newest(conditions, root)
    sections = [
        _section(condition, body, newest=number == newest)
        for number, (condition, body) in enumerate(zip(conditions, bodies, strict=True))
    ]
    return make("div", sections, classes=["alternatives"])


def _section(condition: str, body: Sequence[nodes.Node], *, newest: bool) -> tag:
    words = make("p", [nodes.Text(in_words(condition))], classes=["alternative-for"])
    more = {"data_newest": "newest"} if newest else {}
    return make("section", [words, *body], classes=["alternative"], **more)


def in_words(condition: str) -> str:
    """Say in words for which releases an alternative is."""
    parts = [part.strip() for part in condition.split(",")]
    words = ", ".join(_part(part, first=not number) for number, part in enumerate(parts))
    return words if words.startswith("QEMU") else f"QEMU {words}"


def _part(part: str, *, first: bool) -> str:
    if found := COMPARISON.fullmatch(part):
        return WORDS[found[1]][not first].format(found[2])
    return f"without {part[3:].lstrip()}" if part.startswith("no ") else f"with {part}"


def _newest(conditions: Sequence[str], root: Path) -> int | None:
    """Return which alternative is for the newest release; None if that cannot be told."""
    release = max(Release.parse(it.series) for it in supported())
    try:
        parsed = [Condition.parse(it, Place("", 1)) for it in conditions]
        return choose(parsed, Released(root, release))
    except BlockdocError:  # said where it stands
        return None
