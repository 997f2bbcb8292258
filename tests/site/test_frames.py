# SPDX-License-Identifier: GPL-2.0-or-later
"""The graphs of an example, stepped through; all of them without JavaScript and on paper."""

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from site_browser import PHONE, open_page, serious_here

PAGE = "examples/graph/commit-filter.html"
CHAPTER = "docs/devel/block/commit.html"
FRAMES = ["commit-filter-before", "commit-filter-pending", "commit-filter-after"]
#: Where each box of the picture in the dialog is on the screen, by name.
PLACES = """
return Object.fromEntries([...document.querySelectorAll(".frames [data-name]")].map((it) => {
  const box = it.getBoundingClientRect();
  return [it.dataset.name, [Math.round(box.x), Math.round(box.y)]];
}))
"""


@pytest.fixture
def page(browser: Chrome, origin: str) -> Chrome:
    browser.get("about:blank")
    open_page(browser, f"{origin}/{PAGE}")
    return browser


def dialog(page: Chrome) -> str:
    """Say which frame is shown."""
    return page.find_element(By.CSS_SELECTOR, ".frames-where").text


def press(page: Chrome, *keys: str) -> None:
    for key in keys:
        page.switch_to.active_element.send_keys(key)


def step_through(page: Chrome, number: int) -> None:
    """Open the dialog by a frame's button, wherever that is on the page."""
    button = page.find_elements(By.CSS_SELECTOR, ".frames-open")[number - 1]
    page.execute_script("arguments[0].click()", button)


def beside(page: Chrome) -> str:
    return page.find_element(By.CSS_SELECTOR, ".frames-beside").text


def openers(page: Chrome) -> list[str]:
    return [it.text for it in page.find_elements(By.CSS_SELECTOR, ".frames-open")]


def test_arrow_keys_step_and_only_what_changed_moves(page: Chrome) -> None:
    assert openers(page) == [f"Step through: {number} of 3" for number in (1, 2, 3)]
    step_through(page, 1)
    assert dialog(page) == f"Frame 1 of 3: {FRAMES[0]}"
    before = page.execute_script(PLACES)
    press(page, Keys.ARROW_RIGHT)
    assert dialog(page) == f"Frame 2 of 3: {FRAMES[1]}"
    after = page.execute_script(PLACES)
    assert {it: after[it] for it in before} == before
    assert set(after) - set(before) == {
        "commit0",
        "commit0 base",
        "commit0 top",
        "commit-filter",
    }
    press(page, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert dialog(page) == f"Frame 3 of 3: {FRAMES[2]}"
    press(page, Keys.ARROW_LEFT, Keys.HOME)
    assert dialog(page) == f"Frame 1 of 3: {FRAMES[0]}"
    press(page, Keys.END)
    assert dialog(page) == f"Frame 3 of 3: {FRAMES[2]}"


def test_buttons_and_slider_do_the_same(page: Chrome) -> None:
    step_through(page, 2)
    back, on, _ = page.find_elements(By.CSS_SELECTOR, ".frames-button")
    on.click()
    assert dialog(page).startswith("Frame 3")
    assert on.get_attribute("aria-disabled") == "true"
    on.click()
    back.click()
    assert dialog(page).startswith("Frame 2")
    line = page.find_element(By.CSS_SELECTOR, ".frames input")
    line.send_keys(Keys.ARROW_LEFT)
    assert dialog(page).startswith("Frame 1")
    assert line.get_attribute("aria-valuetext") == f"frame 1, {FRAMES[0]}"


def test_beside_a_frame_stands_what_led_to_it_and_what_has_changed(page: Chrome) -> None:
    step_through(page, 2)
    text = beside(page)
    assert "added node commit-filter: filter commit_top, ro" in text
    assert "changed edge base → base-file (file): r--- / r-u- → rw-s / r-u-" in text
    assert '"execute": "block-commit"' in text
    assert "commit-filter-open" not in text  # that was before the frame before
    press(page, Keys.ARROW_LEFT)
    assert "What has changed" not in beside(page)
    assert "commit-filter-open" in beside(page)


def test_each_frame_has_a_link_and_the_page_gets_its_own_back(page: Chrome) -> None:
    step_through(page, 1)
    press(page, Keys.ARROW_RIGHT)
    assert page.current_url.endswith(f"{PAGE}#frame-{FRAMES[1]}")
    press(page, Keys.ESCAPE)
    assert page.current_url.endswith(f"{PAGE}#{FRAMES[1]}")
    assert page.switch_to.active_element.text == "Step through: 2 of 3"
    assert not page.find_element(By.CSS_SELECTOR, ".frames").is_displayed()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"{PAGE}#frame-{FRAMES[2]}", f"Frame 3 of 3: {FRAMES[2]}"),
        (f"{CHAPTER}#frame-commit-active-ready", "Frame 2 of 3: commit-active-ready"),
    ],
)
def test_a_link_to_a_frame_opens_it_on_its_page_and_in_a_chapter(
    browser: Chrome, origin: str, address: str, said: str
) -> None:
    browser.get("about:blank")
    open_page(browser, f"{origin}/{address}")
    assert dialog(browser) == said
    dashes = {"\N{EN DASH}", "\N{EM DASH}"}
    assert not dashes & set(beside(browser)), "permissions have become dashes"


def test_no_id_is_there_twice_and_nothing_refers_to_nothing(page: Chrome) -> None:
    step_through(page, 1)
    press(page, Keys.ARROW_RIGHT)
    twice, lost = page.execute_script("""
      const ids = [...document.querySelectorAll("[id]")].map((it) => it.id);
      const used = [...document.querySelectorAll(".frames [aria-labelledby]")]
        .flatMap((it) => it.getAttribute("aria-labelledby").split(" "));
      return [ids.filter((id, place) => ids.indexOf(id) !== place),
              used.filter((id) => !ids.includes(id))];
    """)
    assert (twice, lost) == ([], [])


def test_boxes_and_lines_lead_to_what_explains_them(page: Chrome, origin: str) -> None:
    links = page.execute_script(
        "return [...document.querySelectorAll('figure svg a')].map((it) => [it.getAttribute("
        "'href'), it.getAttribute('tabindex'), it.querySelector('title').textContent])"
    )
    found = {(href.rpartition("/")[2]) for href, _, _ in links}
    assert {
        "glossary.html#term-filter",
        "glossary.html#term-block-job",
        "permissions.html#perm-7",
    } <= found
    assert {tab for _, tab, _ in links} == {
        "-1"
    }  # the list beside the picture is for the keyboard
    said = [title for *_, title in links]
    assert (
        "top uses top-file as file: takes consistent-read, write, resize; others may take "
        "consistent-read, write-unchanged" in said
    )
    listed = page.find_elements(By.CSS_SELECTOR, ".graph-links a")
    targets = {it.get_attribute("href") or "" for it in listed}
    assert {it.rpartition("/")[2] for it in targets} == found
    for target in sorted(targets):
        open_page(page, target)
        anchor = target.partition("#")[2]
        there = page.execute_script("return !!document.getElementById(arguments[0])", anchor)
        assert there, f"{target.removeprefix(origin)} leads nowhere"


def test_the_dialog_is_accessible(page: Chrome, origin: str, axe: str) -> None:
    page.get("about:blank")
    open_page(page, f"{origin}/{PAGE}#frame-{FRAMES[1]}")
    page.execute_async_script("setTimeout(arguments[0], 500)")  # until all is faded in
    assert serious_here(page, axe, set()) == []


def test_the_dialog_fits_a_phone(page: Chrome, origin: str) -> None:
    page.get("about:blank")
    open_page(page, f"{origin}/{PAGE}#frame-{FRAMES[1]}", PHONE)
    wide = page.execute_script(
        "return [document.scrollingElement, ...document.querySelectorAll("
        "'.frames, .frames-bar, .frames-where, .frames-body')].map((it) => it.scrollWidth)"
    )
    assert max(wide) <= PHONE
    assert all(
        it.rect["x"] + it.rect["width"] <= PHONE
        for it in page.find_elements(By.CSS_SELECTOR, ".frames-button")
    )


def test_who_wants_no_motion_gets_none(page: Chrome) -> None:
    moves = "return getComputedStyle(document.querySelector('.frames .bg-new')).animationName"
    step_through(page, 2)
    assert page.execute_script(moves) == "frames-in"
    still = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", still)
    assert page.execute_script(moves) == "none"


def test_without_javascript_all_frames_are_shown_and_their_links_lead_there(
    browser: Chrome, origin: str
) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get("about:blank")
        open_page(browser, f"{origin}/{PAGE}#frame-{FRAMES[2]}")
        shown = browser.find_elements(By.CSS_SELECTOR, "figure.step-graph svg.block-graph")
        assert [it.is_displayed() for it in shown] == [True] * 3
        assert openers(browser) == []
        target = browser.find_element(By.CSS_SELECTOR, ".graph-box:target")
        assert target.get_attribute("aria-label") == f"Block graph {FRAMES[2]}"
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_paper_has_all_frames_in_colours_for_paper(browser: Chrome, origin: str) -> None:
    browser.get("about:blank")
    open_page(browser, f"{origin}/{PAGE}#frame-{FRAMES[1]}")
    media = {
        "media": "print",
        "features": [{"name": "prefers-color-scheme", "value": "dark"}],
    }
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    try:
        shown = browser.find_elements(By.CSS_SELECTOR, "figure.step-graph svg.block-graph")
        assert [it.is_displayed() for it in shown] == [True] * 3
        assert not browser.find_element(By.CSS_SELECTOR, ".frames").is_displayed()
        assert not browser.find_element(By.CSS_SELECTOR, ".frames-open").is_displayed()
        ink = browser.find_element(By.CSS_SELECTOR, "figure .bg-name").value_of_css_property(
            "fill"
        )
        assert ink == "rgb(29, 36, 48)"
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
