# SPDX-License-Identifier: GPL-2.0-or-later
"""Alternatives as tabs: by mouse and by key; all of them without JavaScript and on paper."""

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from site_browser import open_page

PAGE = "examples/jobs/deprecated.html"
SHOWN = """
return [...document.querySelectorAll(".alternative")]
  .filter((it) => it.getClientRects().length)
  .map((it) => it.querySelector(".alternative-for").textContent.trim())
"""


@pytest.fixture
def page(browser: Chrome, origin: str) -> Chrome:
    open_page(browser, f"{origin}/{PAGE}")
    return browser


def tabs(page: Chrome) -> dict[str, str]:
    """Return each tab of the first step, and whether it is selected."""
    box = page.find_element(By.CSS_SELECTOR, ".alternative-tabs")
    found = box.find_elements(By.CSS_SELECTOR, "[role=tab]")
    return {it.text: it.get_attribute("aria-selected") or "" for it in found}


def test_the_newest_release_is_shown_first(page: Chrome) -> None:
    assert tabs(page) == {"QEMU before 10.1": "false", "QEMU 10.1 and later": "true"}
    assert page.execute_script(SHOWN) == [
        "QEMU 10.1 and later",
        "QEMU with command block-job-change",
    ]
    panel = page.find_element(By.CSS_SELECTOR, ".alternative:not([hidden])")
    named = page.find_element(By.ID, panel.get_attribute("aria-labelledby") or "")
    assert (panel.get_attribute("role"), named.text) == ("tabpanel", "QEMU 10.1 and later")


def test_arrows_home_and_end_select_and_move(page: Chrome) -> None:
    page.execute_script("document.querySelector('[role=tab][tabindex=\"0\"]').focus()")
    for key, label in (
        (Keys.ARROW_LEFT, "QEMU before 10.1"),
        (Keys.ARROW_LEFT, "QEMU 10.1 and later"),
        (Keys.HOME, "QEMU before 10.1"),
        (Keys.END, "QEMU 10.1 and later"),
        (Keys.ARROW_RIGHT, "QEMU before 10.1"),
    ):
        page.switch_to.active_element.send_keys(key)
        assert page.switch_to.active_element.text == label
        assert tabs(page)[label] == "true"
        assert page.execute_script(SHOWN)[0] == label


def test_a_click_shows_the_other_answer(page: Chrome) -> None:
    page.find_element(By.CSS_SELECTOR, "[role=tab][aria-selected=false]").click()
    assert page.execute_script(SHOWN)[0] == "QEMU before 10.1"


def test_a_link_into_a_panel_that_is_not_shown_shows_it(page: Chrome) -> None:
    page.execute_script(
        "document.querySelector('.alternative[hidden] pre').id = 'in'; location.hash = 'in'"
    )
    page.execute_async_script("requestAnimationFrame(() => arguments[0]())")
    assert page.execute_script(SHOWN)[0] == "QEMU before 10.1"


def test_paper_has_every_answer(page: Chrome) -> None:
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert len(page.execute_script(SHOWN)) == 4
        assert not page.find_element(By.CSS_SELECTOR, ".alternative-tabs").is_displayed()
        assert page.find_element(By.CSS_SELECTOR, ".alternative-for").is_displayed()
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_without_javascript_every_answer_is_there(browser: Chrome, origin: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        open_page(browser, f"{origin}/{PAGE}")
        shown = browser.find_elements(By.CSS_SELECTOR, ".alternative-for")
        assert [it.is_displayed() for it in shown] == [True] * 4
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
