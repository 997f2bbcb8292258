# SPDX-License-Identifier: GPL-2.0-or-later
"""A project in reStructuredText alone: Sphinx shows its examples, pytest runs them."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from blockdoc.doctest.record import record
from blockdoc.qemu import find_build

CONF = """
extensions = ["blockdoc.sphinx_ext"]
root_doc = "docs/index"
include_patterns = ["docs/**", "examples/**"]
html_theme = "basic"
"""
INDEX = """
Home
====

A step, {step}`a-node-open`:

.. example:: node
   :only: a-node-open

.. toctree::

   /examples/node

.. _reading-graphs:

How to read a graph
-------------------

Every graph links here.
""".replace("{step}", ":step:")
NODE = """:qemu: storage-daemon
:images:
   disk.qcow2: 64M

A node
======

.. qmp-example::
   :id: a-node-open

   -> { "execute": "blockdev-add",
        "arguments": { "driver": "qcow2", "node-name": "disk",
                       "file": { "driver": "file", "filename": "disk.qcow2" } } }
   <- { "return": {} }

.. console-example::
   :id: a-node-disk

   $ qemu-img info --force-share disk.qcow2
   image: disk.qcow2
   ...

.. mermaid::
   :id: a-node-drawn

.. qmp-example::
   :id: a-node-jobs

   -> { "execute": "query-jobs" }
   <- { "return": [] }
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> Path:
    pytester.makeini("[pytest]\n")
    files = {"conf.py": CONF, "docs/index.rst": INDEX, "examples/node.rst": NODE}
    for name, text in files.items():
        path = pytester.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    written = asyncio.run(record(NODE, "examples/node.rst", find_build()))
    (pytester.path / "examples/node.rst").write_text(written.new, encoding="utf-8")
    return pytester.path


def run(pytester: pytest.Pytester) -> pytest.RunResult:
    quick = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--no-cache")
    return pytester.runpytest_inprocess("examples", *quick)


def built(project: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", ".", "out"],
        cwd=project,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_what_is_recorded_is_indented_and_passes(project: Path, pytester: pytest.Pytester):
    text = (project / "examples/node.rst").read_text(encoding="utf-8")
    assert text.startswith(NODE[: NODE.index("\n.. qmp-example::\n   :id: a-node-jobs")])
    assert "\n   flowchart TD\n     " in text
    assert text.endswith(NODE[NODE.index(".. qmp-example::\n   :id: a-node-jobs") :])
    result = run(pytester)
    result.assert_outcomes(passed=4)


def test_sphinx_shows_it_without_a_warning(project: Path):
    done = built(project)
    assert (done.returncode, done.stderr) == (0, "")
    page = (project / "out/examples/node.html").read_text(encoding="utf-8")
    for name in ("a-node-open", "a-node-disk", "a-node-drawn", "a-node-jobs"):
        assert f'id="{name}"' in page
    assert "<svg" in page
    assert "storage-daemon</dd>" not in page  # the field list is not shown
    home = (project / "out/index.html").read_text(encoding="utf-8")
    assert 'href="examples/node.html#a-node-open"' in home


def test_a_changed_answer_fails_at_its_line(project: Path, pytester: pytest.Pytester):
    path = project / "examples/node.rst"
    text = path.read_text(encoding="utf-8").replace('"return": []', '"return": [ {} ]')
    path.write_text(text, encoding="utf-8")
    line = text[: text.index('<- { "return": [ {} ]')].count("\n") + 1
    result = run(pytester)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines([f"*examples/node.rst:{line}: *", "*accept it: make record*"])


def test_a_transcript_that_cannot_be_read_is_a_warning_at_its_line(project: Path):
    path = project / "examples/node.rst"
    text = path.read_text(encoding="utf-8").replace('<- { "return": [] }', '<- { "return": [ }')
    path.write_text(text, encoding="utf-8")
    line = text[: text.index('<- { "return": [ }')].count("\n") + 1
    done = built(project)
    assert done.returncode == 1
    assert f"examples/node.rst:{line}: WARNING: " in done.stderr
