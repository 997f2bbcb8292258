# SPDX-License-Identifier: GPL-2.0-or-later
"""What depends on colours: nothing that axe-core calls serious, in dark ones.

A file of its own, so that light and dark are looked at side by side.
"""

import pytest
from selenium.webdriver import Chrome
from site_browser import PARTS, serious


@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_serious_in_dark(
    browser: Chrome, origin: str, pages: list[str], axe: str, part: int
) -> None:
    """Every page, what depends on colours; in parts, for the long chapters take their time."""
    addresses = [f"{origin}/{page}" for page in pages[part::PARTS]]
    assert serious(browser, addresses, axe, "dark") == []
