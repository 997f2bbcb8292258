# SPDX-License-Identifier: GPL-2.0-or-later
"""`blockdoc.qemu_docs` in a documentation that is built as QEMU's is."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer

import pytest
from blockdoc.lint.qapi import lint_tree
from blockdoc.qemu.sources import source_trees

Build = Callable[..., tuple[int, list[str]]]

ROOT = Path(__file__).parents[2]
TREES = Path(__file__).with_name("trees")
TALK = "docs/interop/talk.rst"
#: QEMU's docs/conf.py, as far as it matters here; the directive is a tenth of QEMU's.
CONF = """
import os, sys
sys.path.insert(0, os.path.abspath("."))
extensions = ["blockdoc.qemu_docs", "qapidoc"]
root_doc = "index"
html_theme = "basic"
"""
QAPIDOC = """
from docutils.parsers.rst import directives
from sphinx.directives.code import CodeBlock

class QMPExample(CodeBlock):
    optional_arguments = 0
    option_spec = {"annotated": directives.flag, "title": directives.unchanged}

    def run(self):
        self.arguments = ["text"]
        return super().run()

def setup(app):
    app.add_directive("qmp-example", QMPExample)
"""
INDEX = """
Index
=====

.. toctree::

   interop/talk

.. only:: html

   :doc:`interop/talk`, again
"""
SPOKEN = """
Talk
====

.. only:: html

   .. index:: talk

   See :doc:`/index`, :any:`/index`, and:

   .. qmp-example::
      :title: jobs

      -> { "execute": "query-block-jobs" }
      <- { "return": [] }
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copytree(TREES / "modern", tmp_path, dirs_exist_ok=True)
    shutil.copytree(TREES / "scripts", tmp_path / "scripts")
    shutil.copy(TREES / "introspection.json", tmp_path)
    files = {
        "conf.py": CONF,
        "qapidoc.py": QAPIDOC,
        "index.rst": INDEX,
        "interop/talk.rst": SPOKEN,
    }
    for name, text in files.items():
        (tmp_path / "docs" / name).write_text(text, encoding="utf-8")
    return tmp_path


#: Builds what it is told to, line by line: to start Sphinx takes ten times as long.
BUILDER = """
import contextlib, io, json, os, sys
from sphinx.cmd.build import main
for line in sys.stdin:
    folder, arguments = json.loads(line)
    os.chdir(folder)
    with contextlib.redirect_stderr(io.StringIO()) as said:
        code = main(arguments)
    print(json.dumps([code, said.getvalue()]), flush=True)
"""


@pytest.fixture(scope="module")
def builder() -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(ROOT / "tools")}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    command = [sys.executable, "-c", BUILDER]
    with subprocess.Popen(command, env=environment, text=True, **pipes) as process:
        yield process


@pytest.fixture
def build(tree: Path, builder: subprocess.Popen[str]) -> Build:
    def build(*options: str, source: str = "docs") -> tuple[int, list[str]]:
        """Build the pages; return the exit code and what was said."""
        assert builder.stdin
        assert builder.stdout
        told = ["-q", "-W", "--keep-going", *options, source, "out"]
        limit = Timer(120, builder.kill)
        limit.start()
        try:
            print(json.dumps([str(tree), told]), file=builder.stdin, flush=True)
            code, said = json.loads(builder.stdout.readline())
        finally:
            limit.cancel()
        lines = said.replace(f"{tree}/", "").splitlines()
        return code, [line for line in lines if line.strip()]

    return build


def spoil(tree: Path) -> str:
    """Put a mistake into the tree; return the warning that must come."""
    path = tree / TALK
    text = path.read_text(encoding="utf-8")
    line = text[: text.index('"execute": "query-block-jobs"')].count("\n") + 1
    text = text.replace('"execute": "query-block-jobs"', '"execute": "query-block-job"', 1)
    path.write_text(text, encoding="utf-8")
    return f'{TALK}:{line}: WARNING: there is no command "query-block-job"; '


def test_a_tree_without_mistakes_builds(tree: Path, build: Build):
    assert build() == (0, [])
    assert "query-block-jobs" in (tree / "out/interop/talk.html").read_text(encoding="utf-8")


def test_a_mistake_is_a_warning_at_its_line_in_every_build(tree: Path, build: Build):
    expected = spoil(tree)
    for _ in range(2):
        code, (said,) = build()
        assert code == 1
        assert said.startswith(expected)
        assert said.endswith("[qmp.unknown-command]")


def test_a_kind_can_be_suppressed(tree: Path, build: Build):
    spoil(tree)
    assert build("-D", "suppress_warnings=qmp.unknown-command") == (0, [])


def test_only_the_paths_that_conf_py_names_are_checked(tree: Path, build: Build):
    spoil(tree)
    assert build("-D", "qmp_check_paths=qapi") == (0, [])
    code, said = build("-D", "qmp_check_paths=qopi")
    assert code == 1
    assert said[0].startswith("WARNING: qopi: no such file or directory")


def test_manual_pages_and_a_trial_of_conf_py_check_nothing(tree: Path, build: Build):
    spoil(tree)
    assert build("-b", "man") == (0, [])
    (tree / "trial").mkdir()
    (tree / "trial/index.rst").write_text("Index\n=====\n", encoding="utf-8")
    assert build("-c", "docs", source="trial") == (0, [])


def release(version: str) -> Path:
    """Return the source tree of a release, or skip."""
    trees = {(it / "VERSION").read_text(encoding="utf-8").strip(): it for it in source_trees()}
    if version not in trees:
        pytest.skip(f"no source tree of {version}; `make sources` brings them")
    return trees[version]


def test_the_patch_fits_conf_py_of_a_release(tmp_path: Path):
    (tmp_path / "docs").mkdir()
    shutil.copy(release("10.2.2") / "docs/conf.py", tmp_path / "docs")
    patch = ROOT / "docs/tools/qemu-docs-conf.patch"
    subprocess.run(["git", "apply", patch], cwd=tmp_path, check=True)  # noqa: S607
    conf = (tmp_path / "docs/conf.py").read_text(encoding="utf-8")
    assert "blockdoc.qemu_docs" in conf
    compile(conf, "conf.py", "exec")


def test_with_the_corrections_a_release_has_the_findings_that_the_page_explains(tmp_path: Path):
    tree = release("10.2.2")
    for name in ("qapi", "docs", "scripts/qapi"):
        shutil.copytree(tree / name, tmp_path / name)
    patch = ROOT / "docs/tools/qemu-10.2.2-examples.patch"
    subprocess.run(["git", "apply", patch], cwd=tmp_path, check=True)  # noqa: S607
    paths = ["qapi", "docs/interop", "docs/system", "docs/devel/s390-cpu-topology.rst"]
    found = [str(it) for it in lint_tree(tmp_path, paths).findings]
    page = (ROOT / "docs/tools/upstream-examples.md").read_text(encoding="utf-8")
    assert found
    assert all(it in page for it in found), "\n".join(found)
