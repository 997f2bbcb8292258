# SPDX-License-Identifier: GPL-2.0-or-later
"""Badges: what is known of the example as it is now, and nothing else."""

import re
from pathlib import Path

import pytest
from blockdoc.doctest.verdicts import Verdict, Verdicts, text_hash
from blockdoc.qemu.releases import supported

EXAMPLE = """\
---
title: One
{front}
args: ["--object", "iothread,id=io0"]
images:
  base.qcow2: 4M
  top.qcow2: {{backing: base.qcow2}}
---

# One

```{{qmp-example}}
:id: one-step
{option}

-> {{ "execute": "query-jobs" }}
<- {{ "return": [] }}
```
{more}
"""
OTHER = """\

```{qmp-example}
:id: one-step
:when: qemu < 10.0

-> { "execute": "query-jobs" }
```
"""
CONF = """
project = "case"
extensions = ["myst_parser", "blockdoc.sphinx_ext"]
root_doc = "docs/index"
include_patterns = ["docs/**", "examples/**"]
html_theme = "basic"
"""
SERIES = [release.series for release in supported()]
PASSED, FAILED, SKIPPED = Verdict("passed"), Verdict("failed"), Verdict("skipped", "why")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "conf.py").write_text(CONF)
    (tmp_path / "docs/_data").mkdir(parents=True)
    (tmp_path / "examples").mkdir()
    (tmp_path / "docs/index.md").write_text("# Home\n\n```{toctree}\n../examples/one\n```\n")
    return tmp_path


def build(site: Path) -> str:
    """Build in this process; return the page of the example."""
    from sphinx.application import Sphinx  # noqa: PLC0415 - it takes a while

    out = site / "build"
    app = Sphinx(site, site, out, out / "trees", "html", status=None, warning=None)
    app.build()
    return (out / "examples/one.html").read_text()


def badges(page: str) -> list[str]:
    found = re.findall(r'<li class="badge badge-([a-z-]+)">', page)
    words = re.findall(r'<span class="badge-words">([^<]+)</span>', page)
    assert len(found) == len(words) == len(SERIES)
    return found


def write(
    site: Path, verdict: Verdict, *, front: str = "", option: str = "", more: str = ""
) -> Path:
    path = site / "examples/one.md"
    path.write_text(EXAMPLE.format(front=front, option=option, more=more))
    verdicts = Verdicts({}, {})
    texts = {"examples/one.md": text_hash(path.read_bytes())}
    for series in SERIES:
        ran = {"examples/one.md": {"one-step": verdict}}
        verdicts = verdicts.with_run(series, f"{series}.5", texts, ran)
    verdicts.write(site)
    return path


def test_a_badge_tells_version_and_verdict_and_the_page_what_it_runs(site: Path) -> None:
    write(site, PASSED)
    page = build(site)
    assert badges(page) == ["passed"] * len(SERIES)
    assert f"QEMU {SERIES[0]}.5" in page
    words = re.sub(r"<[^>]*>", "", page)
    assert (
        "Runs qemu-storage-daemon --object iothread,id=io0 with base.qcow2 (4M) "
        "and top.qcow2 (over base.qcow2)." in words
    )


def test_an_example_of_tools_alone_says_which_and_starts_no_machine(site: Path) -> None:
    path = write(site, PASSED)
    text = path.read_text()
    steps = "```{console-example}\n:id: one-step\n\n$ qemu-img info base.qcow2\n...\n"
    steps += "$ qemu-io -c quit base.qcow2\n$ qemu-img check base.qcow2\n...\n```\n"
    path.write_text(text[: text.index("```")] + steps)
    words = re.sub(r"<[^>]*>", "", build(site))
    assert "Runs qemu-img and qemu-io with base.qcow2 (4M)" in words
    path.write_text(text + steps.replace("one-step", "one-more"))
    words = re.sub(r"<[^>]*>", "", build(site))
    assert "iothread,id=io0, qemu-img and qemu-io with base.qcow2 (4M)" in words


def test_a_failure_is_visible(site: Path) -> None:
    write(site, FAILED)
    assert badges(build(site)) == ["failed"] * len(SERIES)


def test_a_release_that_an_example_is_not_for_is_told_from_a_skip(site: Path) -> None:
    write(site, SKIPPED, front=f"requires: qemu >= {SERIES[-1]}")
    assert badges(build(site)) == ["not-for"] * (len(SERIES) - 1) + ["skipped"]


def test_a_release_with_another_alternative_than_the_newest_says_so(site: Path) -> None:
    write(site, PASSED, option=":when: qemu >= 10.0", more=OTHER)
    assert badges(build(site))[0] == "other"
    assert badges(build(site))[-1] == "passed"


def test_a_verdict_on_another_text_is_not_shown(site: Path) -> None:
    path = write(site, PASSED)
    assert badges(build(site)) == ["passed"] * len(SERIES)
    path.write_text(path.read_text() + "\nOne more sentence.\n")
    assert badges(build(site)) == ["stale"] * len(SERIES)


def test_without_verdicts_nothing_is_claimed(site: Path) -> None:
    write(site, PASSED)
    (site / "docs/_data/verdicts.json").unlink()
    assert badges(build(site)) == ["missing"] * len(SERIES)
