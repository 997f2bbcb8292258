# SPDX-License-Identifier: GPL-2.0-or-later
"""The options of a step's fence: one list for those who run it and those who show it.

MyST reads options by the ``option_spec`` of a directive class.  The classes here
are never run; the site's directives take their ``option_spec``.
"""

from collections.abc import Callable
from typing import ClassVar

from docutils.parsers.rst import Directive
from docutils.parsers.rst.directives import flag, unchanged_required

__all__ = ["GraphFence", "QmpFence"]

Spec = dict[str, Callable[[str], object]]


class QmpFence(Directive):
    """Options of ``{qmp-example}``."""

    has_content = True
    option_spec: ClassVar[Spec] = {
        "id": unchanged_required,
        "title": unchanged_required,
        "setup": flag,
        "when": unchanged_required,
        "timeout": unchanged_required,
        "events": unchanged_required,
    }


class GraphFence(Directive):
    """Options of a ``mermaid`` fence; with an ``id`` it is recorded."""

    has_content = True
    option_spec: ClassVar[Spec] = {
        "id": unchanged_required,
        "title": unchanged_required,
        "when": unchanged_required,
        "alt": unchanged_required,
        "caption": unchanged_required,
        "name": unchanged_required,
        "align": unchanged_required,
        "zoom": flag,
        "config": unchanged_required,
    }
