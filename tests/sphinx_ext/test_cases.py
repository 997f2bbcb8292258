# SPDX-License-Identifier: GPL-2.0-or-later
"""Every case under cases/: what builds, and what is refused with which words."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Site

CASES = Path(__file__).parent / "cases"


def cases(kind: str) -> list[str]:
    return sorted(path.relative_to(CASES).as_posix() for path in CASES.glob(f"{kind}/*.txt"))


@pytest.mark.parametrize("site", cases("ok"), indirect=True)
def test_a_good_site_builds_and_shows(site: "Site") -> None:
    """It builds without a word, and the pages have what they should."""
    assert site.build() == (0, [])
    for page, fragments in site.expect.items():
        html = site.page(page)
        for fragment in fragments:
            assert fragment in html, page
    for page, fragments in site.absent.items():
        html = site.page(page)
        for fragment in fragments:
            assert fragment not in html, page


@pytest.mark.parametrize("site", cases("fail"), indirect=True)
def test_a_bad_site_is_refused_once_and_at_its_line(site: "Site") -> None:
    """Each mistake gives one warning, which begins with its place."""
    code, said = site.build()
    assert code == 1
    assert len(said) == len(site.warnings), "\n".join(said)
    for expected in site.warnings:
        assert any(line.startswith(expected) for line in said), "\n".join(said)


def test_there_are_cases_of_both_kinds() -> None:
    """An empty directory would pass."""
    assert len(cases("ok")) >= 5
    assert len(cases("fail")) >= 12
