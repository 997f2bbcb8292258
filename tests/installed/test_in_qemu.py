# SPDX-License-Identifier: GPL-2.0-or-later
"""What docs/tools/own-project.md brings for QEMU's own meson, and for GitLab."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from blockdoc.qemu.sources import source_trees

TOOLS = Path(__file__).parents[2] / "docs/tools"
PATCH = TOOLS / "qemu-block-doctest.patch"
CHANGED = ("meson_options.txt", "scripts/meson-buildoptions.sh", "tests/meson.build")


def test_the_patch_fits_a_release(tmp_path: Path):
    trees = {(it / "VERSION").read_text(encoding="utf-8").strip(): it for it in source_trees()}
    if "10.2.2" not in trees:
        pytest.skip("no source tree of 10.2.2; `make sources` brings it")
    for name in CHANGED:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(trees["10.2.2"] / name, tmp_path / name)
    subprocess.run(["git", "apply", PATCH], cwd=tmp_path, check=True)  # noqa: S607
    assert "'block-doctest'" in (tmp_path / "tests/meson.build").read_text(encoding="utf-8")
    assert (tmp_path / "tests/block-doctest/meson.build").is_file()


def test_the_job_for_gitlab_is_yaml_and_its_lines_are_shell():
    text = (TOOLS / "qemu-block-doctest.yml").read_text(encoding="utf-8")
    (job,) = yaml.safe_load(text).values()
    lines = [*job["before_script"], *job["script"]]
    assert all(isinstance(it, str) for it in lines)
    subprocess.run(["bash", "-n"], input="\n".join(lines), text=True, check=True)  # noqa: S607
    assert job["artifacts"]["reports"]["junit"] == "build/tests/block-doctest/junit.xml"
    assert "meson.current_build_dir() / 'junit.xml'" in PATCH.read_text(encoding="utf-8")
