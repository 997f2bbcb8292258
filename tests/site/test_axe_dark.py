# SPDX-License-Identifier: GPL-2.0-or-later
"""Contrast: nothing that axe-core calls serious, in dark colours.

A file of its own, so that light and dark are looked at side by side.
"""

import pytest
from selenium.webdriver import Chrome
from site_browser import PARTS, serious


@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_serious_in_dark(
    browser: Chrome, origin: str, pages: list[str], axe: str, part: int
) -> None:
    """Chapters show the examples, in the same colours: of these pages, every tenth."""
    judged = [it for it in pages if not it.startswith("examples/")]
    judged += [it for it in pages if it.startswith("examples/")][::10]
    addresses = [f"{origin}/{page}" for page in judged[part::PARTS]]
    assert serious(browser, addresses, axe, "dark") == []
