# SPDX-License-Identifier: GPL-2.0-or-later
"""A project of others, such as QEMU's own manual, links to what has an id here."""

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Site

CASE = Path(__file__).parent / "cases/ok/permanent.txt"
SITE = "https://example.org/guide/"
CONF = f"""
extensions = ["sphinx.ext.intersphinx"]
intersphinx_mapping = {{"blockguide": ("{SITE}", "%s")}}
nitpicky = True
html_theme = "basic"
"""
PAGE = """
Jobs
====

.. _drain-why:

Ours
----

* a rule: :ref:`drain-3`, also as :external+blockguide:ref:`DRAIN-3`
* a section, though this page has one of that name: :external+blockguide:ref:`drain-why`
* an example: :ref:`two`, or :doc:`blockguide:examples/two`
* a graph: :ref:`the first <two-first>`
"""


def test_another_project_links_to_rules_sections_examples_and_graphs(
    tmp_path: Path, make_site: "Callable[[Path, Path], Site]"
) -> None:
    site = make_site(CASE, tmp_path / "site")
    assert site.build() == (0, [])
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "conf.py").write_text(CONF % (site.root / "build/html/objects.inv"))
    (theirs / "index.rst").write_text(PAGE)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-n", "-b", "html", ".", "out"]
    run = subprocess.run(
        command, cwd=theirs, capture_output=True, text=True, check=False, timeout=120
    )
    assert (run.returncode, run.stderr) == (0, "")
    html = (theirs / "out/index.html").read_text()
    links = re.findall(
        rf'<a class="reference external" href="{SITE}([^"]*)"[^>]*>(.*?)</a>', html
    )
    assert [(address, re.sub("<[^>]*>", "", text)) for address, text in links] == [
        ("docs/drain.html#drain-3", "DRAIN-3: Drain *before* you lock"),
        ("docs/drain.html#drain-3", "DRAIN-3: Drain *before* you lock"),
        ("docs/drain.html#drain-why", "Why"),
        ("examples/two.html", "The second one"),
        ("examples/two.html", "The second one"),
        ("examples/two.html#two-first", "the first"),
    ]
