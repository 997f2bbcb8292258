# SPDX-License-Identifier: GPL-2.0-or-later
"""By key alone: everything is reached, what has the focus is seen, menus open and close."""

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from site_browser import DESK, PHONE, open_page

DRAIN = "docs/devel/block/drain.html"
#: Scrolls and slides at once: where something is going is not where it is.
STILL = """
const style = document.createElement("style");
style.textContent = "* { scroll-behavior: auto !important; transition: none !important; }";
document.head.append(style);
"""
#: What is wrong with the element that has the focus; nothing at the end of the page.
WRONG = """
const it = document.activeElement, style = getComputedStyle(it);
const {left, top, right, bottom, width} = it.getBoundingClientRect();
if (it === document.body) return null;
const seen = width > 0 && style.visibility === "visible" && style.opacity !== "0"
  && right > 0 && bottom > 0 && left < innerWidth && top < innerHeight;
const marked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
const name = it.tagName + " " + (it.ariaLabel || it.textContent.trim()).slice(0, 40);
return [seen ? "" : name + " is not seen", marked ? "" : name + " shows no focus"].join("");
"""


def press(browser: Chrome, *keys: str) -> None:
    ActionChains(browser).send_keys(*keys).perform()


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize(
    "page",
    ["index.html", DRAIN, "docs/rules.html", "examples/jobs/deprecated.html", "search.html"],
)
def test_what_has_the_focus_is_seen(
    browser: Chrome, origin: str, page: str, width: int
) -> None:
    """The first 90 stops of the Tab key."""
    open_page(browser, f"{origin}/{page}", width)
    browser.execute_script(STILL + "document.activeElement.blur()")
    problems = []
    for _ in range(90):
        press(browser, Keys.TAB)
        wrong = browser.execute_script(WRONG)
        if wrong is None:
            break
        problems += [wrong] if wrong else []
    assert problems == []


def test_the_first_stop_skips_to_the_text(browser: Chrome, origin: str) -> None:
    open_page(browser, f"{origin}/{DRAIN}")
    browser.execute_script(STILL)
    press(browser, Keys.TAB)
    assert browser.switch_to.active_element.text == "Skip to content"
    press(browser, Keys.ENTER, Keys.TAB)
    inside = "return document.activeElement.closest('article') !== null"
    assert browser.execute_script(inside)


@pytest.mark.parametrize(
    ("name", "drawer"),
    [
        ("Toggle site navigation sidebar", ".sidebar-drawer"),
        ("Toggle table of contents sidebar", ".toc-drawer"),
    ],
)
def test_a_menu_opens_and_closes(browser: Chrome, origin: str, name: str, drawer: str) -> None:
    open_page(browser, f"{origin}/{DRAIN}", PHONE)
    browser.execute_script(STILL)
    selector = f".mobile-header .icon[aria-label='{name}']"
    button = browser.find_element(By.CSS_SELECTOR, selector)
    box = browser.find_element(By.CSS_SELECTOR, drawer)
    inside = f"return document.activeElement.closest('{drawer}') !== null"
    assert (button.aria_role, button.accessible_name) == ("button", name)
    for key in (Keys.ENTER, Keys.SPACE):
        assert not box.is_displayed()
        assert button.get_attribute("aria-expanded") == "false"
        browser.execute_script("arguments[0].focus()", button)
        press(browser, key)
        assert box.is_displayed()
        assert button.get_attribute("aria-expanded") == "true"
        assert browser.execute_script(inside)
        press(browser, Keys.ESCAPE)
        assert browser.switch_to.active_element == button
    button.click()
    assert box.is_displayed()


def test_a_branch_of_the_sidebar_opens(browser: Chrome, origin: str) -> None:
    open_page(browser, f"{origin}/index.html")
    button = browser.find_element(
        By.CSS_SELECTOR, ".icon[aria-label='Toggle navigation of Examples']"
    )
    browser.execute_script("arguments[0].focus()", button)
    branch = button.find_element(By.XPATH, "ancestor::li/ul")
    for key, display in ((Keys.ENTER, "block"), (Keys.SPACE, "none")):
        press(browser, key)
        assert branch.value_of_css_property("display") == display


def test_without_javascript_the_sidebar_is_in_reach(browser: Chrome, origin: str) -> None:
    """Nothing could open it by key, so it is not hidden from keys."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        open_page(browser, f"{origin}/{DRAIN}", PHONE)
        drawer = browser.find_element(By.CSS_SELECTOR, ".sidebar-drawer")
        assert drawer.value_of_css_property("visibility") == "visible"
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
