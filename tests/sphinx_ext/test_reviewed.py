# SPDX-License-Identifier: GPL-2.0-or-later
"""A page says for which release it was reviewed, and what of it was by itself."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Site

CASE = Path(__file__).parent / "cases/ok/permanent.txt"
LINE = '<p class="reviewed">Reviewed against QEMU {}.</p>'


@pytest.fixture
def site(tmp_path: Path, make_site: "Callable[[Path, Path], Site]") -> "Site":
    """Return a site of which one page was reviewed."""
    site = make_site(CASE, tmp_path / "site")
    page = site.root / "docs/drain.md"
    page.write_text(f"---\nreviewed: 10.2.2\n---\n\n{page.read_text()}")
    return site


def test_a_page_says_it_at_its_foot_once(site: "Site") -> None:
    assert site.build() == (0, [])
    page = site.page("docs/drain.html")
    assert page.count("Reviewed against") == 1
    assert page.index(LINE.format("10.2.2")) > page.index("Because.")
    assert "Reviewed" not in site.page("docs/other.html")


def test_what_was_reviewed_by_itself_says_so_from_the_next_build_on(site: "Site") -> None:
    assert site.build() == (0, [])
    reviews = site.root / "docs/_data/reviews.json"
    reviews.write_text(json.dumps({"drain-why": "11.1.3", "DRAIN-3": "12.0.0", "two": "1.2.3"}))
    assert site.build() == (0, [])
    page = site.page("docs/drain.html")
    why, polls, rule, because, foot = (
        page.index(it)
        for it in (
            LINE.format("11.1.3"),
            "It polls.",
            LINE.format("12.0.0"),
            "Because.",
            LINE.format("10.2.2"),
        )
    )
    assert why < polls < because < rule < foot
    assert LINE.format("1.2.3") in site.page("examples/two.html")


def test_a_list_that_is_none_fails_the_build(site: "Site") -> None:
    (site.root / "docs/_data/reviews.json").write_text("[]")
    status, warnings = site.build()
    assert status
    assert "docs/_data/reviews.json: not a list of reviews" in warnings[0]
