# SPDX-License-Identifier: GPL-2.0-or-later
"""The jobs that publish the site: they build it, and say where it is."""

import re

import pytest
import yaml
from conftest import ROOT

JOBS = (".gitlab-ci.yml", ".github/workflows/pages.yml")


@pytest.mark.parametrize("path", JOBS)
def test_a_job_sets_what_the_site_reads(path: str) -> None:
    """A misspelt variable would publish a site that does not know where it is."""
    text = (ROOT / path).read_text(encoding="utf-8")
    read = re.findall(r'os\.environ\.get\("(\w+)"', (ROOT / "conf.py").read_text())
    assert sorted(read) == sorted(set(re.findall(r"\bGUIDE_\w+(?=:)", text)))
    assert yaml.safe_load(text)


def test_gitlab_publishes_what_was_built_whole() -> None:
    job = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())["pages"]
    assert "make html" in job["script"]
    assert "mv build/html public" in job["script"]
    assert job["artifacts"]["paths"] == ["public"]
    assert job["variables"]["GIT_DEPTH"] == "0"


def test_github_publishes_what_was_built_whole() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/pages.yml").read_text())["jobs"]
    checkout, _, build, upload = jobs["build"]["steps"]
    assert checkout["with"]["fetch-depth"] == 0
    assert build["run"] == "make html"
    assert upload["with"]["path"] == "build/html"
    assert jobs["deploy"]["needs"] == "build"
