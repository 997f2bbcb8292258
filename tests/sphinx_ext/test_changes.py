# SPDX-License-Identifier: GPL-2.0-or-later
"""What has changed, from git's history: a page and a feed; without a history neither."""

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import fromstring

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Site

BASE = "https://example.org/guide/"
CASE = Path(__file__).parent / "cases/ok/online.txt"
ATOM = {"": "http://www.w3.org/2005/Atom"}


def git(root: Path, *words: str) -> None:
    names = (
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@example.org",
        "-c",
        "commit.gpgsign=false",
    )
    command = ["git", "-C", root, *names, *words]
    subprocess.run(command, check=True, capture_output=True)


def commit(root: Path, subject: str) -> None:
    git(root, "add", "-A")
    git(root, "commit", "--allow-empty", "-m", subject)


@pytest.fixture
def site(tmp_path: Path, make_site: "Callable[[Path, Path], Site]") -> "Site":
    site = make_site(CASE, tmp_path / "site")
    for number in range(8):
        text = f"---\norphan: true\n---\n\n# Page {number}\n"
        (site.root / f"docs/many-{number}.md").write_text(text)
    return site


@pytest.fixture
def changed(site: "Site") -> "Site":
    """Return a site with a history."""
    git(site.root, "init", "-q")
    commit(site.root, "Everything")
    (site.root / "docs/page.md").write_text("# Page <1>\n")
    commit(site.root, "Page: <b> & more")
    (site.root / "tools.py").write_text("")
    commit(site.root, "No page at all")
    (site.root / "docs/gone.md").write_text("---\norphan: true\n---\n\n# Gone\n")
    commit(site.root, "What is gone")
    (site.root / "docs/gone.md").unlink()
    commit(site.root, "Away with it")
    return site


def test_a_page_lists_what_touched_pages(changed: "Site") -> None:
    assert changed.build("-D", f"html_baseurl={BASE}") == (0, [])
    page = changed.page("changes.html")
    assert "Page: &lt;b&gt; &amp; more" in page
    assert '<a href="docs/page.html">Page &lt;1&gt;</a>' in page
    assert page.index("Page: &lt;b&gt;") < page.index("Everything")
    for absent in ("No page at all", "gone", "Away with it"):
        assert absent not in page
    assert " and 5 more" in page.partition("Everything")[2]  # 11 pages


def test_a_feed_has_the_same(changed: "Site") -> None:
    assert changed.build("-D", f"html_baseurl={BASE}") == (0, [])
    feed = fromstring(changed.page("changes.xml"))  # noqa: S314 - we wrote it
    titles = [it.findtext("title", "", ATOM) for it in feed.findall("entry", ATOM)]
    assert titles == ["Page: <b> & more", "Everything"]
    for entry in feed.findall("entry", ATOM):
        page, _, anchor = entry.findtext("id", "", ATOM).removeprefix(BASE).partition("#")
        assert f'id="{anchor}"' in changed.page(page)
    assert f'href="{BASE}changes.xml"' in changed.page("docs/page.html")


def test_without_an_address_there_is_a_page_and_no_feed(changed: "Site") -> None:
    assert changed.build("-D", "html_baseurl=") == (0, [])
    assert "Everything" in changed.page("changes.html")
    assert not (changed.root / "build/html/changes.xml").exists()
    assert not (changed.root / "build/html/sitemap.xml").exists()
    assert "atom+xml" not in changed.page("docs/page.html")


@pytest.mark.parametrize("above", [True, False], ids=["in another's clone", "no clone"])
def test_without_a_history_there_is_neither(site: "Site", above: bool) -> None:  # noqa: FBT001
    if above:
        git(site.root.parent, "init", "-q")
        commit(site.root.parent, "Not of this guide")
    assert site.build() == (0, [])
    assert not (site.root / "build/html/changes.html").exists()
    assert not (site.root / "build/html/changes.xml").exists()
