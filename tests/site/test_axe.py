# SPDX-License-Identifier: GPL-2.0-or-later
"""Contrast, names, focus: nothing that axe-core calls serious, in light colours and dark."""

import re

import pytest
from selenium.webdriver import Chrome
from site_browser import PARTS, open_page, serious

#: Every paragraph but the first is of a kind that was looked at.
ALIKE = "<p>one</p><p>two</p><p>three</p>"
LINK = "<p>words around <a href='#x' style='color: #111; text-decoration: none'>two</a></p>"
LINKS = "light: link-in-text-block"
DARK = "<style>@media (prefers-color-scheme: dark) {{ #x {{ {} }} }}</style><p id='x'>one</p>"


@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_serious(
    browser: Chrome, origin: str, pages: list[str], axe: str, part: int
) -> None:
    """Every page; in parts, for the long chapters take their time."""
    addresses = [f"{origin}/{page}" for page in pages[part::PARTS]]
    assert serious(browser, addresses, axe) == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (ALIKE, []),
        (f"{ALIKE}<p style='color: #999'>four</p>", ["light: color-contrast"]),
        (f"{ALIKE}<p style='color: #777'>four</p>", ["light: color-contrast"]),
        (f"{ALIKE}<p style='color: #767676'>four</p>", []),
        (f"{ALIKE}<p style='color: #777; font-size: 24px'>four</p>", []),
        (f"{ALIKE}<p style='color: #777; display: none'>four</p>{ALIKE}", []),
        (
            "<p style='color: #999; display: none'>one</p><p style='color: #999'>two</p>",
            ["light: color-contrast"],
        ),
        (f"{ALIKE}<div style='background: #222'><p>four</p></div>", ["light: color-contrast"]),
        (f"{ALIKE}<div style='opacity: 0.4'><p>four</p></div>", ["light: color-contrast"]),
        (
            "<p style='color: #999'>1</p><p style='color: #999'>three</p>",  # axe skips 1
            ["light: color-contrast", "dark: color-contrast"] * 2,
        ),
        (
            f"{ALIKE}<p style='color: #111'>one</p>{LINK}",
            [LINKS, LINKS.replace("light", "dark")] * 2,
        ),
        (DARK.format("color: #999"), ["dark: color-contrast"]),
        (f"{ALIKE}{DARK.format('background: #222; color: #000')}", ["dark: color-contrast"]),
        (f"{ALIKE}<p><img src='x.png'></p>", ["light: image-alt"] * 2),
    ],
)
def test_what_is_serious_is_found(
    browser: Chrome, axe: str, body: str, found: list[str]
) -> None:
    page = f"<html lang=en><title>x</title><body style='color: #000'><main><h1>x</h1>{body}"
    address = f"data:text/html,{page.replace('#', '%23')}"
    twice = serious(browser, [address, address], axe)
    problems = [it.removeprefix(f"{address}: ") for it in twice]
    assert (
        re.findall("^((?:light|dark): [a-z-]+): ", "\n".join(problems), re.MULTILINE) == found
    )
    open_page(browser, "about:blank")
