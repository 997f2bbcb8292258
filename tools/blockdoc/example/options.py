# SPDX-License-Identifier: GPL-2.0-or-later
"""The options of a step's fence: one list for those who run it and those who show it.

MyST reads options by the ``option_spec`` of a directive class.  The classes here
are never run; the site's directives take their ``option_spec``.
"""

from collections.abc import Callable
from typing import ClassVar

from docutils.parsers.rst import Directive
from docutils.parsers.rst.directives import flag, unchanged_required

__all__ = ["ConsoleFence", "GdbFence", "GraphFence", "HmpFence", "QmpFence", "TraceFence"]

Spec = dict[str, Callable[[str], object]]

#: What every step may say.
COMMON: Spec = {
    "id": unchanged_required,
    "title": unchanged_required,
    "when": unchanged_required,
    "timeout": unchanged_required,
}
#: What every step may say that runs something.
RUNS: Spec = {
    **COMMON,
    "setup": flag,
    "filters": unchanged_required,
}


class QmpFence(Directive):
    """Options of ``{qmp-example}``."""

    has_content = True
    option_spec: ClassVar[Spec] = {
        **RUNS,
        "vm": unchanged_required,
        "events": unchanged_required,
        "ends": unchanged_required,
        "shows": unchanged_required,
    }


class HmpFence(Directive):
    """Options of ``{hmp-example}``."""

    has_content = True
    option_spec: ClassVar[Spec] = {**RUNS, "vm": unchanged_required}


class ConsoleFence(Directive):
    """Options of ``{console-example}``."""

    has_content = True
    option_spec: ClassVar[Spec] = RUNS


class TraceFence(Directive):
    """Options of ``{trace-example}``."""

    has_content = True
    option_spec: ClassVar[Spec] = {
        **RUNS,
        "vm": unchanged_required,
        "events": unchanged_required,
        "names": unchanged_required,
    }


class GdbFence(Directive):
    """Options of ``{gdb-example}``."""

    has_content = True
    option_spec: ClassVar[Spec] = {
        **RUNS,
        "vm": unchanged_required,
        "events": unchanged_required,
        "at": unchanged_required,
        "core": flag,
    }


class GraphFence(Directive):
    """Options of a ``mermaid`` fence; with an ``id`` it is recorded."""

    has_content = True
    option_spec: ClassVar[Spec] = {
        **COMMON,
        "vm": unchanged_required,
        "alt": unchanged_required,
        "caption": unchanged_required,
        "name": unchanged_required,
        "align": unchanged_required,
        "zoom": flag,
        "config": unchanged_required,
    }
