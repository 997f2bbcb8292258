# SPDX-License-Identifier: GPL-2.0-or-later
"""The site's own directives, roles and checks.

::

    a page says                       the site shows                            module
    ───────────────────────────────── ───────────────────────────────────────── ───────────
    {qmp-example}  {hmp-example}      a step of an example, with its anchor     steps
    {console-example}  {trace-example}
    {gdb-example}
    ```mermaid with id:
    {example} jobs/commit-active      an example's steps, linked to its page    shown
    ```mermaid+id:                    the graph as a picture, to step through   pictures
    {rule} DRAIN-3   {rule-index}     a rule as a card; the list of all rules   rules
    {error-index}                     every error message that a step shows     error_index
    {conversation} blockpull          what libvirt said to QEMU, as a diagram   conversation
    {coverage}                        what of QMP the examples exercise         coverage
    ```mermaid without id:            a diagram, drawn while building           diagrams
    title of an example               what it runs, a badge for each release    badges
    {rule} {step} {since}             links and badges in a sentence            roles
    {src} {commit}                    links to QEMU's sources                   sources
    what has an id                    a button that cites it, a label           permanent
    docs/_data/reviews.json           for which release it was reviewed         reviewed
    docs/_data/moved.txt              pages that lead on, r/DRAIN-3/            redirects
    what has an id                    a result of the search                    passages
    the first paragraph               description, social card; sitemap        online
    git's history                     what has changed, as page and feed        changes
    the table of contents             the branch that the page is in            navigation
    nothing                           styles, scripts, settings of MyST         settings

:func:`setup` is the table of contents.
"""

from collections.abc import Mapping

from sphinx.application import Sphinx

from blockdoc.sphinx_ext.badges import add_badges
from blockdoc.sphinx_ext.builder import GuideBuilder
from blockdoc.sphinx_ext.careful import CarefulParser, check_encoding
from blockdoc.sphinx_ext.changes import add_changes
from blockdoc.sphinx_ext.checks import check_guide, forget_failed_build
from blockdoc.sphinx_ext.conversation import ConversationDirective
from blockdoc.sphinx_ext.coverage import CoverageDirective, refresh_coverage
from blockdoc.sphinx_ext.diagrams import MermaidDirective, add_diagrams
from blockdoc.sphinx_ext.domain import GuideDomain
from blockdoc.sphinx_ext.error_index import ErrorIndex, FillErrorIndex, refresh_errors
from blockdoc.sphinx_ext.html import GuideTranslator, add_nodes
from blockdoc.sphinx_ext.lexer import QmpLexer
from blockdoc.sphinx_ext.navigation import add_navigation
from blockdoc.sphinx_ext.online import add_online
from blockdoc.sphinx_ext.pages import add_page_links
from blockdoc.sphinx_ext.passages import add_passages
from blockdoc.sphinx_ext.permanent import (
    CitedSections,
    check_published,
    label_page,
    lead_on,
    refresh_moved,
)
from blockdoc.sphinx_ext.pictures import add_pictures
from blockdoc.sphinx_ext.redirects import write_redirects
from blockdoc.sphinx_ext.reviewed import add_reviews
from blockdoc.sphinx_ext.roles import GuideRole, SinceRole
from blockdoc.sphinx_ext.rules import FillRuleIndex, RuleDirective, RuleIndex, refresh_index
from blockdoc.sphinx_ext.settings import add_settings
from blockdoc.sphinx_ext.shown import ExampleDirective
from blockdoc.sphinx_ext.sources import CommitRole, SrcRole
from blockdoc.sphinx_ext.steps import (
    ConsoleExample,
    GdbExample,
    HmpExample,
    QmpExample,
    TraceExample,
    assemble_steps,
)

__all__ = ["setup"]


def setup(app: Sphinx) -> Mapping[str, object]:
    """Tell Sphinx what there is."""
    app.setup_extension("sphinxcontrib.mermaid")

    add_settings(app)
    app.add_config_value("guide_edit_url", "", "html", str)  # …{path}…: edit a page
    app.add_config_value("guide_report_url", "", "html", str)  # …{path}…: report a mistake
    app.add_config_value("guide_symbols", "docs/_data/symbols.json", "env", str)

    app.setup_extension("myst_parser")
    app.add_source_parser(CarefulParser, override=True)
    app.connect("env-before-read-docs", check_encoding)
    app.add_builder(GuideBuilder, override=True)
    app.set_translator("html", GuideTranslator, override=True)
    app.add_lexer("qmp", QmpLexer)
    app.add_domain(GuideDomain)
    add_nodes(app)
    add_diagrams(app)
    add_pictures(app)

    app.add_directive("qmp-example", QmpExample)
    app.add_directive("hmp-example", HmpExample)
    app.add_directive("console-example", ConsoleExample)
    app.add_directive("trace-example", TraceExample)
    app.add_directive("gdb-example", GdbExample)
    app.add_directive("mermaid", MermaidDirective, override=True)
    app.add_directive("example", ExampleDirective)
    app.add_directive("rule", RuleDirective)
    app.add_directive("rule-index", RuleIndex)
    app.add_directive("error-index", ErrorIndex)
    app.add_directive("coverage", CoverageDirective)
    app.add_directive("conversation", ConversationDirective)

    app.add_transform(CitedSections)
    app.add_post_transform(FillRuleIndex)
    app.add_post_transform(FillErrorIndex)

    app.add_role("rule", GuideRole("rule"))
    app.add_role("step", GuideRole("step"))
    app.add_role("since", SinceRole())
    app.add_role("src", SrcRole())
    app.add_role("commit", CommitRole())

    app.connect("doctree-read", assemble_steps)
    app.connect("doctree-read", add_badges)
    app.connect("doctree-read", label_page)
    app.connect("env-get-outdated", refresh_coverage)
    app.connect("env-get-updated", refresh_index)
    app.connect("env-get-updated", refresh_errors)
    app.connect("env-get-updated", refresh_moved)
    app.connect("env-check-consistency", check_guide)
    app.connect("env-check-consistency", check_published)
    app.connect("doctree-resolved", lead_on)
    app.connect("html-page-context", add_page_links)
    for add in (add_passages, add_navigation, add_online, add_changes, add_reviews):
        add(app)
    app.connect("build-finished", write_redirects)
    app.connect("build-finished", forget_failed_build)
    return {
        "version": "1",
        "env_version": 8,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
