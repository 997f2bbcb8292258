# SPDX-License-Identifier: GPL-2.0-or-later
"""Small sites in text files, built by the real sphinx-build.

::

    === docs/index.md                a file of the site, and its text
    === expect docs/index.html       fragments that the page must have, one a line
    === absent docs/index.html       fragments that it must not have
    === warnings                     what sphinx-build must say, one warning a line, no more
"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

CONF = """
project = "case"
extensions = ["myst_parser", "blockdoc.sphinx_ext"]
root_doc = "docs/index"
include_patterns = ["docs/**", "examples/**"]
nitpicky = True
html_theme = "basic"
"""
#: Files that every case has unless it brings its own.
DEFAULTS = {
    "conf.py": CONF,
    "docs/legend.md": "---\norphan: true\n---\n\n(reading-graphs)=\n# Legend\n",
    "docs/_data/symbols.json": """
{"releases": ["7.2.22", "10.0.13", "10.2.2"],
 "files": {"block/io.c": ["7.2.22", "10.0.13", "10.2.2"]},
 "symbols": {
   "bdrv_drained_begin": {
     "7.2.22": {"file": "block/io.c", "line": 101, "signature": "void old(void)"},
     "10.2.2": {"file": "block/io.c", "line": 375,
                "signature": "void bdrv_drained_begin(BlockDriverState *bs)"}},
   "bdrv_graph_wrlock": {
     "10.2.2": {"file": "block/graph-lock.c", "line": 9, "signature": "void x(void)",
                "declared": "void GRAPH_UNLOCKED bdrv_graph_wrlock(void)"}},
   "bdrv_subtree_drained_begin": {
     "7.2.22": {"file": "block/io.c", "line": 500, "signature": ""}}}}
""",
}


@dataclass(frozen=True, slots=True)
class Site:
    """A site of a case, in a directory of its own."""

    root: Path
    files: dict[str, str] = field(default_factory=dict)
    expect: dict[str, list[str]] = field(default_factory=dict)
    absent: dict[str, list[str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def write(self) -> None:
        """Put the files where they belong."""
        for name, text in {**DEFAULTS, **self.files}.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def build(self, *options: str) -> tuple[int, list[str]]:
        """Run sphinx-build; return its exit code and its warnings."""
        command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
        run = subprocess.run(
            [*command, *options, "-d", "build/doctrees", ".", "build/html"],
            cwd=self.root,
            env={**os.environ, "NO_COLOR": "1", "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        said = run.stderr.replace(f"{self.root}/", "").splitlines()
        return run.returncode, [line for line in said if line.strip()]

    def page(self, name: str) -> str:
        """Return the HTML of a page."""
        return (self.root / "build/html" / name).read_text(encoding="utf-8")


def read_site(path: Path, root: Path) -> Site:
    """Read a case's file."""
    site, target = Site(root), ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("=== "):
            target = line[4:].strip()
            if not target.startswith(("expect ", "absent ", "warnings")):
                site.files[target] = ""
        elif target in site.files:
            site.files[target] += f"{line}\n"
        elif line.strip():
            kind, _, page = target.partition(" ")
            lines = site.warnings if kind == "warnings" else getattr(site, kind)
            (lines if isinstance(lines, list) else lines.setdefault(page, [])).append(line)
    site.write()
    return site


@pytest.fixture
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    """Return the site of the case that the test is parametrised with."""
    return read_site(Path(__file__).parent / "cases" / request.param, tmp_path)


@pytest.fixture
def make_site() -> Callable[[Path, Path], Site]:
    """Return what makes a site of a case's file, in a directory."""
    return read_site
