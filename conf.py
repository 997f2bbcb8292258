# SPDX-License-Identifier: GPL-2.0-or-later
"""Sphinx's settings for the guide.

The source directory is the repository itself, so that a page's address is its path:
docs/devel/block/drain.md is /docs/devel/block/drain.html.  Build it with::

    sphinx-build -W --keep-going -b html -d build/doctrees . build/html

Three settings come from the environment, all optional; without them the site makes
no claim about where it is published:

GUIDE_BASE_URL     where it is published: ``https://example.org/guide``
GUIDE_EDIT_URL     where a page is edited: ``https://…/edit/main/{path}``
GUIDE_REPORT_URL   where a mistake is reported: ``https://…/new?title={path}``
"""

import os

from sphinx.application import Sphinx

project = "The living guide to QEMU's block layer"
author = "The authors of the living guide"
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "blockdoc.sphinx_ext"]
root_doc = "docs/index"
include_patterns = ["docs/**", "examples/**"]
exclude_patterns = ["**/_*", "**/README.md"]
nitpicky = True
show_warning_types = True

# Markdown; blockdoc.sphinx_ext.settings adds what examples need.
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

# The reference (docs/tools/api). A type in a signature may be Python's, or one that is not
# public; what a sentence refers to has to be there.
default_role = "code"
autodoc_default_options = {"members": True, "undoc-members": True}
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"
nitpick_ignore_regex = [("py:class", ".*")]

guide_base_url = os.environ.get("GUIDE_BASE_URL", "").rstrip("/")
guide_edit_url = os.environ.get("GUIDE_EDIT_URL", "")
guide_report_url = os.environ.get("GUIDE_REPORT_URL", "")

html_theme = "furo"
html_title = "QEMU's block layer: the living guide"
html_baseurl = f"{guide_base_url}/" if guide_base_url else ""
html_static_path = ["docs/_static"]
html_favicon = "docs/_static/favicon.svg"
templates_path = ["docs/_templates"]
html_js_files = [("menus.js", {"defer": "defer"})]
html_additional_pages = {"404": "404.html", "search": "search.html"}
html_copy_source = False
html_show_copyright = False
html_permalinks_icon = "#"
html_domain_indices = False
html_use_index = False
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#1c5d8c",
        "color-brand-content": "#1c5d8c",
        "color-brand-visited": "#5b4a8a",
    },
    "dark_css_variables": {
        "color-brand-primary": "#8fc1ea",
        "color-brand-content": "#8fc1ea",
        "color-brand-visited": "#bba9ea",
    },
}


def setup(app: Sphinx) -> None:
    """Let the reference show a default that is made anew for each object as ``...``."""
    app.connect("autodoc-process-signature", _without_factories)


def _without_factories(*event: object) -> tuple[object, object]:
    *_, signature, returns = event
    if isinstance(signature, str):
        signature = signature.replace("<factory>", "...")
    return signature, returns
