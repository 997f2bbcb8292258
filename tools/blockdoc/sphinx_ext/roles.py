# SPDX-License-Identifier: GPL-2.0-or-later
"""Links and badges in a sentence: ``{rule}``, ``{step}``, ``{since}``."""

import re

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.environment import BuildEnvironment
from sphinx.roles import XRefRole
from sphinx.util.docutils import SphinxRole

from blockdoc.sphinx_ext.report import warn

__all__ = ["GuideRole", "SinceRole", "is_release", "link"]


class GuideRole(XRefRole):
    """Link to a rule or a step: ``{rule}`DRAIN-3```, ``{step}`commit-active-start```."""

    def __init__(self, kind: str) -> None:
        super().__init__(warn_dangling=True, innernodeclass=nodes.literal)
        self.kind = kind

    def process_link(
        self,
        env: BuildEnvironment,  # noqa: ARG002 - Sphinx's signature
        refnode: nodes.Element,
        has_explicit_title: bool,  # noqa: ARG002, FBT001
        title: str,
        target: str,
    ) -> tuple[str, str]:
        """Send the link to the guide's own domain."""
        refnode["refdomain"] = "guide"
        refnode["reftype"] = self.kind
        return title, target


class SinceRole(SphinxRole):
    """Say from which release on something holds: ``{since}`10.1```."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Show a badge."""
        if not is_release(self.text):
            message = f"{{since}}`{self.text}`: expected a release of QEMU, such as 10.1"
            warn(message, (self.env.docname, self.lineno), "since")
        text = f"since QEMU {self.text}"
        return [nodes.inline(self.rawtext, text, classes=["since"])], []


def link(kind: str, name: str, page: str, content: nodes.Node | None = None) -> pending_xref:
    """Make a link from `page` to a rule or a step."""
    inner = content if content is not None else nodes.literal("", name)
    return pending_xref(
        "",
        inner,
        refdoc=page,
        refdomain="guide",
        reftype=kind,
        reftarget=name,
        refexplicit=content is not None,
        refwarn=True,
    )


def is_release(text: str) -> bool:
    """Say whether `text` names a release of QEMU."""
    return re.fullmatch(r"\d+\.\d+(\.\d+)?", text) is not None
