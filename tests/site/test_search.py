# SPDX-License-Identifier: GPL-2.0-or-later
"""The search finds places: by command, message, function, rule, id, and words."""

from urllib.parse import quote

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from site_browser import PHONE, open_page, serious

BLOCK = "docs/devel/block"
FOUND = """
return [...document.querySelectorAll("#search-results > li > a")]
  .map((it) => it.getAttribute("href"))
"""
ALL = """
const more = document.querySelector("#search-results + button");
while (!more.hidden) more.click();
"""


def search(browser: Chrome, origin: str, query: str, width: int = 1280) -> list[str]:
    """Return where the first results lead."""
    open_page(browser, f"{origin}/search.html?q={quote(query)}", width)
    found: list[str] = browser.execute_script(FOUND)
    return found


def status(browser: Chrome) -> str:
    return browser.find_element(By.ID, "search-status").text


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("DRAIN-3", f"{BLOCK}/drain.html#drain-3"),
        ("drain-3", f"{BLOCK}/drain.html#drain-3"),
        ("drain-why", f"{BLOCK}/drain.html#drain-why"),
        ("commit-active-start", "examples/jobs/commit-active.html#commit-active-start"),
        ("jobs/commit-active", "examples/jobs/commit-active.html"),
        ("backing chain", "docs/glossary.html#term-backing-chain"),
        (
            "May I drain while holding the graph lock?",
            "docs/questions.html#question-drain-under-lock",
        ),
    ],
)
def test_what_has_a_name_comes_first(
    browser: Chrome, origin: str, query: str, first: str
) -> None:
    assert search(browser, origin, query)[0] == first


@pytest.mark.parametrize(
    "query",
    [
        "Node 'commit-filter' is busy: node is used as backing hd of 'top'",
        "Node 'drive-virtio-disk0' is busy: node is used as backing hd of 'snap7'",
        "QEMU command 'x' failed: Node 'y' is busy: node is used as backing hd of 'z'",
    ],
)
def test_a_message_is_found_also_with_other_names(
    browser: Chrome, origin: str, query: str
) -> None:
    (first, *_) = search(browser, origin, query)
    assert first.startswith("docs/error-messages.html#error-")
    text = browser.find_element(By.CSS_SELECTOR, "#search-results li").text
    assert "is busy: node is used as backing hd of" in text


def test_a_message_leads_to_the_section_about_it(browser: Chrome, origin: str) -> None:
    found = search(browser, origin, 'Failed to get "write" lock')
    assert f"{BLOCK}/image-locking.html#image-locking-messages" in found


@pytest.mark.parametrize("query", ["blockdev-mirror", "block-export-add", "job-dismiss"])
def test_a_command_is_found_in_chapters_and_in_steps(
    browser: Chrome, origin: str, query: str
) -> None:
    search(browser, origin, query)
    browser.execute_script(ALL)
    found = browser.execute_script(FOUND)
    assert any(it.startswith(BLOCK) and "#" in it for it in found[:12])
    assert any(it.startswith("examples/") and "#" in it for it in found)
    items = browser.find_elements(By.CSS_SELECTOR, "#search-results > li")
    assert f"{len(items)} places" == status(browser)


def test_a_function_is_found_in_rules_and_sections(browser: Chrome, origin: str) -> None:
    found = search(browser, origin, "bdrv_drained_begin")
    assert {f"{BLOCK}/drain.html#drain-1", "docs/glossary.html#term-drained-section"} <= {
        *found
    }


def test_every_result_leads_to_what_is_there(browser: Chrome, origin: str) -> None:
    for query in ("drain", "mirror", "lock", "is busy"):
        for address in search(browser, origin, query):
            open_page(browser, f"{origin}/{address}")
            _, _, anchor = address.partition("#")
            there = "return document.getElementById(arguments[0]) !== null"
            assert not anchor or browser.execute_script(there, anchor), address


def test_words_that_are_nowhere_are_said(browser: Chrome, origin: str) -> None:
    assert search(browser, origin, "zzyzx") == []
    assert status(browser) == "0 places; nowhere: zzyzx"
    assert search(browser, origin, "zzyzx drain")
    assert status(browser).endswith("; nowhere: zzyzx")


@pytest.mark.parametrize(
    "query", ["<img src=x onerror=document.title='evil'>", "(((", "[a-", "\\", "'", "...", " "]
)
def test_a_query_is_only_text(browser: Chrome, origin: str, query: str) -> None:
    browser.get_log("browser")  # type: ignore[no-untyped-call]
    search(browser, origin, query)
    assert browser.find_elements(By.CSS_SELECTOR, "article img") == []
    said = browser.get_log("browser")  # type: ignore[no-untyped-call]
    assert [it["message"] for it in said if it["level"] == "SEVERE"] == []


def test_it_is_used_by_key_and_more_is_shown(browser: Chrome, origin: str) -> None:
    """From any page: the slash leads to the box, Enter searches; a button shows the rest."""
    open_page(browser, f"{origin}/{BLOCK}/drain.html")
    browser.find_element(By.TAG_NAME, "body").send_keys("/")
    browser.switch_to.active_element.send_keys("drain", Keys.ENTER)
    assert "/search.html?q=drain" in browser.current_url
    assert len(browser.execute_script(FOUND)) == 20
    browser.find_element(By.CSS_SELECTOR, "#search-results + button").send_keys(Keys.ENTER)
    assert len(browser.execute_script(FOUND)) == 40
    active = browser.switch_to.active_element.get_attribute("href")
    assert active == browser.find_elements(By.CSS_SELECTOR, "#search-results a")[
        20
    ].get_attribute("href")


def test_results_are_accessible(browser: Chrome, origin: str, axe: str) -> None:
    assert serious(browser, [f"{origin}/search.html?q=is%20busy"], axe) == []


def test_results_fit_a_phone(browser: Chrome, origin: str) -> None:
    search(browser, origin, "is busy", PHONE)
    assert browser.execute_script("return document.scrollingElement.scrollWidth") <= PHONE


def test_without_javascript_there_are_the_lists(browser: Chrome, origin: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        open_page(browser, f"{origin}/search.html")
        assert "needs JavaScript" in browser.find_element(By.TAG_NAME, "article").text
        lists = browser.find_elements(By.CSS_SELECTOR, ".search-lists a")
        assert [it.text for it in lists[:2]] == ["rules", "error messages"]
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
