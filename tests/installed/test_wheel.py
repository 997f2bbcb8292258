# SPDX-License-Identifier: GPL-2.0-or-later
"""The package in somebody else's project: a wheel, in an environment of its own.

No network: the environment gets links to those distributions of ours that the wheel
declares as its dependencies, and to no others.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import NoReturn

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
CONF = """
extensions = ["blockdoc.sphinx_ext"]
root_doc = "index"
include_patterns = ["index.md", "examples/**"]
"""
INDEX = "# Home\n\n```{toctree}\nexamples/node\nexamples/jobs\n```\n"
NODE = """---
qemu: storage-daemon
images:
  disk.raw: 1M
---

# A node

```{qmp-example}
:id: node-open

-> { "execute": "blockdev-add",
     "arguments": { "driver": "raw", "node-name": "disk",
                    "file": { "driver": "file", "filename": "disk.raw" } } }
<- { "return": {} }
```

```mermaid
---
id: node-drawn
---
```
"""
JOBS = """:qemu: storage-daemon

Jobs
====

.. qmp-example::
   :id: jobs-none

   -> { "execute": "query-jobs" }
   <- { "return": [] }
"""

# One environment is made and used: by one worker.
pytestmark = pytest.mark.xdist_group("installed")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    leave = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "tools", source / "tools", symlinks=True, ignore=leave)
    offline = ("--no-index", "--no-deps", "--no-build-isolation")
    run([sys.executable, "-m", "pip", "wheel", "-q", *offline, "-w", "dist", "."], source)
    (built,) = (source / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def scripts(wheel: Path) -> Path:
    """Install the wheel with what it declares; return the folder of its commands."""
    venv = wheel.parent / "venv"
    run([sys.executable, "-m", "venv", "--without-pip", str(venv)], wheel.parent)
    python = venv / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q"]
    run([*pip, "--no-index", "--no-deps", "--no-compile", str(wheel)], wheel.parent)
    (site,) = venv.glob("lib/python*/site-packages")
    known = Distribution.at(next(site.glob("blockdoc-*.dist-info")))
    for needed in dependencies(known, "site"):
        link(needed, site)
    return venv / "bin"


def dependencies(known: Distribution, *extras: str) -> Iterator[Distribution]:
    """Yield what a distribution needs, and what that needs."""
    waiting = [(known, extras)]
    seen = set()
    while waiting:
        asking, wanted = waiting.pop()
        for text in asking.requires or []:
            needed = Requirement(text)
            markers = ({"extra": it} for it in ("", *wanted))
            applies = not needed.marker or any(map(needed.marker.evaluate, markers))
            key = (needed.name, *sorted(needed.extras))
            if applies and key not in seen:
                seen.add(key)
                found = distribution(needed.name)
                assert needed.specifier.contains(found.version, prereleases=True), text
                waiting.append((found, tuple(needed.extras)))
                yield found


def link(needed: Distribution, site: Path) -> None:
    """Make what a distribution has in its site-packages there in another."""
    tops = {it.parts[0] for it in needed.files or []} - {"..", "__pycache__"}
    for top in tops:
        (site / top).unlink(missing_ok=True)
        (site / top).symlink_to(Path(str(needed.locate_file(top))))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "conf.py": CONF,
        "index.md": INDEX,
        "pytest.ini": "[pytest]\n",
        "examples/node.md": NODE,
        "examples/jobs.rst": JOBS,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def run(
    command: Sequence[str | Path], folder: Path, status: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run a command as if nobody had set anything up for Python."""
    left_out = ("PYTHONPATH", "VIRTUAL_ENV", "PYTEST_ADDOPTS")
    done = subprocess.run(
        command,
        cwd=folder,
        env={key: it for key, it in os.environ.items() if key not in left_out},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


def missing(what: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI must not go without")
    pytest.skip(what)


def test_the_wheel_has_every_file_of_the_package_and_no_other(wheel: Path):
    package = ROOT / "tools/blockdoc"
    folders = [package, package / "gdb"]  # which is a link
    files = {it for folder in folders for it in folder.rglob("*") if it.is_file()}
    ours = {it.relative_to(package.parent).as_posix() for it in files}
    with zipfile.ZipFile(wheel) as content:
        theirs = {it for it in content.namelist() if ".dist-info/" not in it}
    assert theirs == {it for it in ours if "__pycache__" not in it}


def test_the_code_that_runs_is_that_of_the_wheel(scripts: Path, tmp_path: Path):
    say = "import blockdoc; print(blockdoc.__file__)"
    told = run([scripts / "python", "-c", say], tmp_path).stdout
    assert Path(told).is_relative_to(scripts.parent)
    assert "record what libvirt says" in run([scripts / "blockdoc", "--help"], tmp_path).stdout


def test_examples_are_recorded_run_and_shown(scripts: Path, project: Path):
    if not (shutil.which("qemu-storage-daemon") or os.environ.get("QEMU_BUILD")):
        missing("no qemu-storage-daemon on PATH")
    run([scripts / "blockdoc", "record", "examples"], project)
    text = (project / "examples/node.md").read_text(encoding="utf-8")
    assert 'n_disk["disk<br>raw"]' in text
    told = run([scripts / "python", "-m", "pytest", "--no-cache"], project).stdout
    assert " 3 passed" in told
    run([scripts / "python", "-m", "sphinx", "-q", "-W", ".", "html"], project)
    page = (project / "html/examples/node.html").read_text(encoding="utf-8")
    assert 'id="node-open"' in page
    assert "<svg" in page
    for name in ("graph.css", "blockdoc.css", "blockdoc.js", "frames.js", "stepping.js"):
        assert f"_static/{name}" in page
        assert (project / "html/_static" / name).is_file()
    assert 'id="jobs-none"' in (project / "html/examples/jobs.html").read_text(encoding="utf-8")
    (project / "examples/jobs.rst").write_text(JOBS.replace("[]", "{}"), encoding="utf-8")
    told = run([scripts / "python", "-m", "pytest", "--no-cache"], project, 1).stdout
    assert "examples/jobs.rst:10: " in told
    assert "1 failed, 2 passed" in told


def test_a_crash_report_has_the_commands_of_gdb(scripts: Path, tmp_path: Path):
    if not shutil.which("gdb"):
        missing("no gdb")
    looked_at = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    )
    try:
        ask = ["crash-report", "--pid", str(looked_at.pid), "--format", "text"]
        told = run([scripts / "blockdoc", *ask], tmp_path).stdout
    finally:
        looked_at.communicate()
    assert "no debugging information of QEMU here" in told
