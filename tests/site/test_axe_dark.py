# SPDX-License-Identifier: GPL-2.0-or-later
"""Contrast, names, focus: nothing that axe-core calls serious, in dark colours.

A file of its own, so that light and dark are looked at side by side.
"""

from selenium.webdriver import Chrome
from site_browser import serious


def test_axe_finds_nothing_serious_in_dark(
    browser: Chrome, origin: str, pages: list[str], axe: str
) -> None:
    """Every page, all rules."""
    assert serious(browser, [f"{origin}/{it}" for it in pages], axe, "dark") == []
