# SPDX-License-Identifier: GPL-2.0-or-later
"""A chapter on paper: all of it, in light colours, without what only a screen can use."""

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome
from site_browser import open_page

#: The width of a sheet of A4 between Chromium's margins, in CSS pixels.
SHEET = 718
#: What is cut off at the edge of its box, or of the sheet.
CUT = """
const cut = [...document.querySelectorAll("article :is(pre, .diagram, .graph-box)")]
  .filter((it) => it.getClientRects().length && it.scrollWidth > it.clientWidth + 1);
return [...cut.map((it) => it.textContent.trim().slice(0, 50)),
  ...(document.scrollingElement.scrollWidth > innerWidth ? ["the page"] : [])];
"""
#: Step by step, whether there is anything of it to be read.
EMPTY = """
return [...document.querySelectorAll("figure.step")]
  .filter((it) => ![...it.querySelectorAll("pre, svg")].some((part) => part.checkVisibility()))
  .map((it) => it.dataset.step);
"""
SHOWN = """
return [...document.querySelectorAll(arguments[0])].some((it) => it.checkVisibility());
"""


@pytest.fixture
def paper(browser: Chrome) -> Iterator[Chrome]:
    """Return a browser that shows what it would print, though its user likes it dark."""
    open_page(browser, "about:blank", SHEET)
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": dark})
    yield browser
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.parametrize(
    "page",
    ["docs/devel/block/drain.html", "docs/devel/block/jobs.html", "examples/jobs/cancel.html"],
)
def test_paper_has_everything_and_nothing_is_cut_off(
    paper: Chrome, origin: str, page: str
) -> None:
    paper.get(f"{origin}/{page}")
    assert paper.execute_script(CUT) == []
    assert paper.execute_script(EMPTY) == []
    for screen in (".sidebar-drawer", ".toc-drawer", ".mobile-header", "article button"):
        assert not paper.execute_script(SHOWN, screen), screen
    ink = paper.execute_script("return getComputedStyle(document.body).color")
    assert ink == "rgb(0, 0, 0)"
