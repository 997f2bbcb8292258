# SPDX-License-Identifier: GPL-2.0-or-later
"""What every site with examples has, so that no conf.py has to say it.

======================  ==================================================================
MyST                    reads fences as the doctest does: with colons, and ``mermaid``
Mermaid                 is drawn while the site is built
styles and scripts      for pictures, steps and rules, from ``static`` beside this file
======================  ==================================================================
"""

from pathlib import Path
from typing import Final

from sphinx.application import Sphinx
from sphinx.config import Config

__all__ = ["add_settings"]

STATIC: Final = Path(__file__).with_name("static")
#: Before sphinxcontrib-mermaid looks at its own.
EARLY: Final = 100


def add_settings(app: Sphinx) -> None:
    """Complete what conf.py says once it is read."""
    app.connect("config-inited", _complete, priority=EARLY)


def _complete(app: Sphinx, config: Config) -> None:
    config.myst_enable_extensions = {*config.myst_enable_extensions, "colon_fence"}
    config.myst_fence_as_directive = {*config.myst_fence_as_directive, "mermaid"}
    config.mermaid_output_format = "svg"
    config.html_static_path.append(str(STATIC))
    for name in ("graph.css", "blockdoc.css"):
        app.add_css_file(name)
    for name in ("blockdoc.js", "frames.js"):
        app.add_js_file(name, loading_method="defer")
