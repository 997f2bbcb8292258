# SPDX-License-Identifier: GPL-2.0-or-later
"""Every page in a real browser: quiet, narrow enough for a phone, linked, copied from."""

import json
from collections.abc import Iterator
from typing import Any

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from site_browser import PHONE, open_page


def requested(browser: Chrome, origin: str) -> Iterator[str]:
    """Yield the addresses that our pages have asked for since the last call.

    Chromium's own pages, such as its first tab, ask for files of their own.
    """
    for line in browser.get_log("performance"):  # type: ignore[no-untyped-call]
        message: dict[str, Any] = json.loads(line["message"])["message"]
        asked = message["params"] if message["method"] == "Network.requestWillBeSent" else None
        if asked and asked["documentURL"].startswith(origin):
            yield asked["request"]["url"]


#: Words of headings and of tables that two lines divide, and what is wrong with the boxes
#: that scroll: one has to be seen to scroll, to be reached by key, and to have a name.
BROKEN = """
const found = [];
for (const cell of document.querySelectorAll("article :is(h1, td, th)")) {
  const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    for (const word of texts.currentNode.data.matchAll(/[\\p{L}\\d]{2,}/gu)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, word.index);
      range.setEnd(texts.currentNode, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map((it) => Math.round(it.top)));
      if (lines.size > 1) found.push(`${cell.tagName} breaks ${word[0]}`);
    }
  }
}
for (const box of document.querySelectorAll(".graph-box, .diagram, .table-wrapper")) {
  if (box.scrollWidth <= box.clientWidth) continue;
  const seen = getComputedStyle(box).backgroundAttachment.includes("local");
  const named = box.getAttribute("aria-label") && box.getAttribute("role");
  if (!seen || !named || box.tabIndex !== 0) found.push(`a ${box.className} scrolls in secret`);
}
return found;
"""


def test_pages_are_quiet_and_ask_nobody_else(
    browser: Chrome, origin: str, pages: list[str]
) -> None:
    """No console message of weight, no request that leaves the origin."""
    list(requested(browser, origin))
    browser.get_log("browser")  # type: ignore[no-untyped-call]
    problems = []
    for page in pages:
        open_page(browser, f"{origin}/{page}")
        said = browser.get_log("browser")  # type: ignore[no-untyped-call]
        problems += [f"{page}: {it['message']}" for it in said if it["level"] == "SEVERE"]
        urls = list(requested(browser, origin))
        assert any(url.startswith(origin) for url in urls), "the log of requests is empty"
        outside = [url for url in urls if not url.startswith((origin, "data:", "blob:"))]
        problems += [f"{page}: asks {url}" for url in outside]
    assert problems == []


def test_pages_fit_a_phone(browser: Chrome, origin: str, pages: list[str]) -> None:
    """Wider than 375 pixels is only what scrolls in its own box; no word is broken."""
    problems = []
    for page in pages:
        open_page(browser, f"{origin}/{page}", PHONE)
        width = browser.execute_script("return document.scrollingElement.scrollWidth")
        problems += [f"{page}: {width} px"] if width > PHONE else []
        problems += [f"{page}: {it}" for it in browser.execute_script(BROKEN)]
    assert problems == []


def test_the_first_page_is_at_the_root_and_its_picture_leads_somewhere(
    browser: Chrome, origin: str
) -> None:
    """Every box of the map can be reached by key and leads to a place that is there."""
    open_page(browser, f"{origin}/")
    boxes = browser.find_elements(By.CSS_SELECTOR, ".diagram svg a")
    links = [box.get_attribute("href") or "" for box in boxes]
    targets = browser.execute_script(
        "return [...document.querySelectorAll('.diagram svg a')].map((a) => "
        "new URL(a.getAttribute('xlink:href') || a.getAttribute('href'), location.href).href)"
    )
    assert len(links) >= len(targets) >= 10
    browser.execute_script("document.querySelector('.diagram svg a').focus()")
    inside = "return document.activeElement.closest('.diagram') !== null"
    assert browser.execute_script(inside)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.current_url == targets[0]
    for target in targets:
        open_page(browser, target)
        _, _, anchor = target.partition("#")
        found = browser.execute_script("return document.getElementById(arguments[0])", anchor)
        assert not anchor or found is not None, target


def test_pages_say_everything_without_javascript(
    browser: Chrome, origin: str, pages: list[str]
) -> None:
    """No button that does nothing is shown; transcripts and pictures are."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page = next(it for it in pages if it.startswith("examples/") and "index" not in it)
        open_page(browser, f"{origin}/{page}")
        assert not any(
            it.is_displayed() for it in browser.find_elements(By.CSS_SELECTOR, "button.copy")
        )
        assert browser.find_elements(By.CSS_SELECTOR, ".qmp-command")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
