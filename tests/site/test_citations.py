# SPDX-License-Identifier: GPL-2.0-or-later
"""Citations in a browser: copied by mouse and by key, and their links lead to the place."""

import functools
import http.server
import json
import re
import subprocess
import sys
import threading
from base64 import b64decode
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from blockdoc.citable import find_citable, read_citables
from blockdoc.citation import citation
from conftest import HTML, ROOT
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from site_browser import PHONE, open_page

DRAIN = "docs/devel/block/drain.html"
READ = """
const done = arguments[0];
const read = () => navigator.clipboard.readText().then(done, (e) => done(String(e)));
setTimeout(read, 100);
"""
SHOWN = "return document.querySelectorAll('.rule-index > li:not([hidden])').length"


def allow_reading(browser: Chrome, origin: str) -> None:
    grant = {"origin": origin, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    browser.execute_cdp_cmd("Browser.grantPermissions", grant)


def goes_to(browser: Chrome, address: str) -> None:
    WebDriverWait(browser, 10).until(lambda it: it.current_url == address)


@pytest.mark.parametrize(
    ("page", "selector", "name"),
    [
        (DRAIN, "#drain-3 > .guide-head button.copy", "DRAIN-3"),
        (DRAIN, "#drain-why > button.copy", "drain-why"),
        ("examples/jobs/cancel.html", "article h1", "jobs/cancel"),
        ("examples/jobs/cancel.html", "figure.step-qmp button.copy", ""),
        ("examples/jobs/commit-active.html", "figure.step-graph button.copy", ""),
    ],
)
def test_a_citation_is_copied_by_key(
    browser: Chrome, origin: str, page: str, selector: str, name: str
) -> None:
    """What is copied is what `blockdoc cite` prints, and the button has a name of its own."""
    open_page(browser, f"{origin}/{page}")
    allow_reading(browser, origin)
    found = browser.find_element(By.CSS_SELECTOR, selector)
    if found.tag_name == "h1":
        found = found.find_element(By.XPATH, "preceding-sibling::button")
    if not name:
        figure = found.find_element(By.XPATH, "ancestor::figure")
        name = figure.get_attribute("id") or ""
    assert re.fullmatch(f"(Cite|Copy citation): {name}", found.accessible_name)
    browser.execute_script("arguments[0].focus()", found)
    assert found.value_of_css_property("opacity") == "1"
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    it = find_citable(read_citables(ROOT), name)
    said = browser.execute_async_script(READ)
    assert said == citation(it.id, it.title)
    assert "http" not in said


def test_without_the_new_clipboard_the_old_one_does(browser: Chrome, origin: str) -> None:
    """A site without TLS has no `navigator.clipboard`."""
    open_page(browser, f"{origin}/{DRAIN}")
    allow_reading(browser, origin)
    read = "window.kept = navigator.clipboard;"
    browser.execute_script(
        read + "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
    )
    button = browser.find_element(By.CSS_SELECTOR, "#drain-5 > .guide-head button.copy")
    browser.execute_script("arguments[0].focus()", button)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    said = browser.execute_async_script(READ.replace("navigator.clipboard", "window.kept"))
    assert said.startswith("[DRAIN-5] ")


def test_the_site_cites_everything_as_the_command_does(pages: list[str]) -> None:
    """Both read the pages, each in its own way."""
    known = read_citables(ROOT)
    expected = {it.id: citation(it.id, it.title) for it in known}
    found = {}
    for page in pages:
        html = (HTML / page).read_text(encoding="utf-8")
        for text in map(unescape, re.findall(r'data-copy="([^"]*)"', html)):
            found[text[1 : text.index("]")]] = text
    assert {it: found.get(it) for it in expected} == expected


def test_every_short_link_leads_to_what_is_there(pages: list[str]) -> None:
    for it in read_citables(ROOT):
        html = (HTML / "r" / it.id / "index.html").read_text(encoding="utf-8")
        (address,) = re.findall(r"url=([^\"]*)", html)
        page, _, anchor = address.partition("#")
        target = (HTML / "r" / it.id / page).resolve()
        assert target.relative_to(HTML.resolve()).as_posix() in pages, it.id
        assert not anchor or f'id="{anchor}"' in target.read_text(encoding="utf-8"), it.id


def test_a_short_link_redirects_also_below_a_path_and_from_a_file(
    browser: Chrome, tmp_path: Path, pages: list[str]
) -> None:
    assert DRAIN in pages
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/guide").symlink_to(HTML.resolve())
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        top = f"http://127.0.0.1:{server.server_port}/deep/guide"
        browser.get(f"{top}/r/DRAIN-3/")
        goes_to(browser, f"{top}/{DRAIN}#drain-3")
        browser.get(f"{top}/r/jobs/cancel/")
        goes_to(browser, f"{top}/examples/jobs/cancel.html")
        server.shutdown()
    browser.get(f"file://{HTML.resolve()}/r/drain-why/index.html")
    goes_to(browser, f"file://{HTML.resolve()}/{DRAIN}#drain-why")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def test_the_rules_are_filtered_by_words(browser: Chrome, origin: str) -> None:
    open_page(browser, f"{origin}/docs/rules.html", PHONE)
    everything = browser.execute_script(SHOWN)
    count = browser.find_element(By.CSS_SELECTOR, ".rule-filter + [role=status]")
    assert everything > 150
    assert count.text == f"{everything} of {everything}"
    box = browser.find_element(By.CSS_SELECTOR, ".rule-filter input")
    assert box.accessible_name == "Rules with"
    box.send_keys("drain GUARANTEED")
    few = browser.execute_script(SHOWN)
    assert 0 < few < 40
    assert count.text == f"{few} of {everything}"
    box.clear()
    box.send_keys(Keys.SPACE, Keys.BACKSPACE)
    assert browser.execute_script(SHOWN) == everything


def test_the_rules_are_all_there_without_javascript(browser: Chrome, origin: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        open_page(browser, f"{origin}/docs/rules.html")
        items = browser.find_elements(By.CSS_SELECTOR, ".rule-index > li")
        assert sum(it.is_displayed() for it in items) > 150
        assert not browser.find_elements(By.CSS_SELECTOR, ".rule-filter")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("paper", [(8.27, 11.69), (8.5, 11)], ids=["A4", "letter"])
def test_the_rules_fit_two_sheets_in_readable_letters(
    browser: Chrome, origin: str, paper: tuple[float, float]
) -> None:
    open_page(browser, f"{origin}/docs/rules.html")
    size = {"paperWidth": paper[0], "paperHeight": paper[1], "printBackground": False}
    pdf = b64decode(browser.execute_cdp_cmd("Page.printToPDF", size)["data"])
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    sizes = browser.execute_script(
        "return [...document.querySelectorAll('.rule-index li, .rule-index li *')]"
        ".map((it) => parseFloat(getComputedStyle(it).fontSize))"
    )
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert min(sizes) >= 7 / 0.75  # points in pixels


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    """Build a site from which a section, and a page, have moved."""
    docs = tmp_path / "docs"
    (docs / "_data").mkdir(parents=True)
    (tmp_path / "conf.py").write_text(
        'extensions = ["myst_parser", "blockdoc.sphinx_ext"]\nroot_doc = "docs/index"\n'
        'include_patterns = ["docs/**"]\nhtml_theme = "basic"\n'
    )
    filler = "\n\n".join(["Much is said here."] * 60)
    (docs / "index.md").write_text(f"# Home\n\n```{{toctree}}\nnew\n```\n\n{filler}\n")
    text = f"(new)=\n# New\n\n{filler}\n\n(new-a)=\n## A\n\n(new-b)=\n## B\n\n{filler}\n"
    (docs / "new.md").write_text(text)
    ids = {"a": "docs/index#a", "b": "docs/old#b", "new-a": "docs/old#new-a", "old": "docs/old"}
    (docs / "_data/ids.json").write_text(json.dumps(ids))
    lines = ("docs/index#a docs/new#new-a", "docs/old docs/new", "docs/old#b docs/new#new-b")
    (docs / "_data/moved.txt").write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", ".", "html"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=120)
    return tmp_path / "html"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("index.html#a", "docs/new.html#new-a"),
        ("docs/index.html#a", "docs/new.html#new-a"),
        ("docs/old.html", "docs/new.html"),
        ("docs/old.html#b", "docs/new.html#new-b"),
        ("docs/old.html#new-a", "docs/new.html#new-a"),
        ("r/a/index.html", "docs/new.html#new-a"),
        ("r/old/index.html", "docs/new.html"),
    ],
)
def test_old_addresses_lead_to_the_new_ones(
    browser: Chrome, moved: Path, old: str, new: str
) -> None:
    browser.get(f"file://{moved}/{old}")
    goes_to(browser, f"file://{moved}/{new}")


@pytest.fixture
def silent(browser: Chrome) -> Iterator[Chrome]:
    """Return the browser without JavaScript."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    yield browser
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_old_addresses_lead_on_without_javascript(silent: Chrome, moved: Path) -> None:
    """A page goes to its heir; a section that has left its page has a link in its place."""
    silent.get(f"file://{moved}/docs/old.html")
    goes_to(silent, f"file://{moved}/docs/new.html")
    silent.get(f"file://{moved}/docs/index.html#a")
    silent.find_element(By.ID, "a").click()
    goes_to(silent, f"file://{moved}/docs/new.html#new-a")
