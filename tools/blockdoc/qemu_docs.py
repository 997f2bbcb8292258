# SPDX-License-Identifier: GPL-2.0-or-later
"""Check what QEMU's own documentation shows of QMP, while Sphinx builds it.

An extension by itself, for QEMU's ``docs/conf.py``; it needs none of the others.  What
``blockdoc lint --qapi`` finds is a warning each, at its file and line, which ``-W``
makes an error.  Its type is ``qmp``, its subtype the kind of the finding: with
``suppress_warnings = ["qmp.missing-member"]`` nothing is said of that kind.

The directive ``qmp-example`` stays QEMU's: the sources are read beside Sphinx.
"""

from collections.abc import Mapping
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from blockdoc.errors import BlockdocError
from blockdoc.lint.qapi import lint_tree
from blockdoc.upstream.find import PLACES

__all__ = ["setup"]

_logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> Mapping[str, object]:
    """Tell Sphinx what there is."""
    # Files and folders of the source tree, relative to it.
    app.add_config_value("qmp_check_paths", list(PLACES), "", list)
    app.connect("env-updated", check_tree)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def check_tree(app: Sphinx, _env: BuildEnvironment) -> None:
    """Warn of each mistake; once for all builders, and only in the tree of ``conf.py``.

    QEMU's meson builds the pages and then the manual pages, and before either it tries
    ``conf.py`` on an empty document somewhere else.
    """
    if app.builder.format != "html" or app.srcdir != app.confdir:
        return
    tree = Path(app.srcdir).parent
    try:
        findings = lint_tree(tree, app.config.qmp_check_paths).findings
    except BlockdocError as error:
        _logger.warning(str(error), type="qmp", subtype="tree")
        return
    for it in findings:
        place = f"{tree / it.place.path}:{it.place.line}"
        _logger.warning(it.message, location=place, type="qmp", subtype=str(it.kind))
