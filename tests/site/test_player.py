# SPDX-License-Identifier: GPL-2.0-or-later
"""The recording's page and the pictures in Chromium: stepped through, and nothing executes."""

import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from blockdoc.graph.facts import picture_of
from blockdoc.graph.view import View
from blockdoc.inspect.player import Player
from blockdoc.inspect.serve import serving
from blockdoc.inspect.watch import Event, Recording
from blockdoc.layout.standalone import draw_view
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from site_browser import open_page, serious

sys.path.insert(0, str(Path(__file__).parents[1] / "graph"))
from picture_support import HOSTILE, answers, disk, hostile

#: Reports whatever executes or is loaded; allows nothing but the page's own styles.
STRICT = "default-src 'none'; style-src 'unsafe-inline'; report-uri /report"


def recording(*, evil: bool = False) -> Recording:
    """Record three frames."""
    found = Recording()
    for count in (1, 2, 1):
        picture = picture_of(answers(*(disk(n) for n in range(count))), "x")
        found.see(len(found.frames) * 1.0, picture)
    if evil:
        found.see(3.0, hostile())
        found.see(4.0, replace(hostile(), facts={}))
    names = HOSTILE if evil else ["JOB_STATUS_CHANGE"]
    found.events += [Event(1.5, name, name, name) for name in names]
    return found


@pytest.fixture
def reports() -> Iterator[tuple[str, dict[str, tuple[str, str]], list[str]]]:
    """Serve pages under a policy that reports; return origin, pages to fill, reports."""
    pages: dict[str, tuple[str, str]] = {}
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, text = pages.get(self.path, ("text/plain", ""))
            data = text.encode(errors="backslashreplace")
            self.send_response(200)
            self.send_header("Content-Type", kind)
            if "strict" in self.path:
                self.send_header("Content-Security-Policy", STRICT)
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:  # noqa: ANN401
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", pages, heard
        server.shutdown()
        thread.join()


def quiet(browser: Chrome) -> list[str]:
    """Return what the browser complains of since the last call."""
    said = browser.get_log("browser")  # type: ignore[no-untyped-call]
    return [it["message"] for it in said if "favicon" not in it["message"]]


Served = tuple[str, dict[str, tuple[str, str]], list[str]]


def test_the_policy_would_report_what_executes(browser: Chrome, reports: Served) -> None:
    """The alarm works: without it the next tests would prove nothing."""
    origin, pages, heard = reports
    pages["/strict"] = ("text/html", "<img src=x onerror=\"document.title='evil'\">")
    open_page(browser, f"{origin}/strict")
    assert heard
    quiet(browser)


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_hostile_picture_executes_nothing(
    browser: Chrome, reports: Served, colours: str
) -> None:
    origin, pages, heard = reports
    svg = draw_view(View(hostile()))
    pages["/strict.svg"] = ("image/svg+xml", svg)
    pages["/strict"] = ("text/html", f"<!doctype html><meta charset=utf-8>{svg}")
    quiet(browser)
    for page in ("strict.svg", "strict"):
        open_page(browser, f"{origin}/{page}", colours=colours)
        drawn = browser.find_elements(By.CSS_SELECTOR, "g.bg-node")
        assert len(drawn) == len(hostile().graph.nodes)
    assert heard == []
    assert quiet(browser) == []


def test_a_hostile_recording_executes_nothing(browser: Chrome, reports: Served) -> None:
    origin, pages, heard = reports
    page = Player(recording(evil=True)).page(live=False)
    pages["/page"] = ("text/html", page)
    quiet(browser)
    open_page(browser, f"{origin}/page")
    for _ in range(5):
        browser.find_element(By.TAG_NAME, "body").send_keys(Keys.ARROW_RIGHT)
    assert "Frame 5 of 5" in browser.find_element(By.ID, "where").text
    names = [it.text for it in browser.find_elements(By.CSS_SELECTOR, "#events li")]
    assert any("</script><script>report('name')</script>" in name for name in names)
    assert browser.find_elements(By.CSS_SELECTOR, "#events img, #changes img, pre img") == []
    assert heard == []
    assert quiet(browser) == []


def test_a_recording_is_stepped_through_and_each_frame_has_a_link(
    browser: Chrome, reports: Served
) -> None:
    origin, pages, _ = reports
    pages["/page"] = ("text/html", Player(recording()).page(live=False))
    open_page(browser, f"{origin}/page")
    where = browser.find_element(By.ID, "where")
    body = browser.find_element(By.TAG_NAME, "body")
    assert "Frame 1 of 3" in where.text
    body.send_keys(Keys.ARROW_RIGHT)
    assert "Frame 2 of 3" in where.text
    assert browser.current_url.endswith("#frame-2")
    assert "added node disk1.0" in browser.find_element(By.ID, "changes").text
    assert browser.find_elements(By.CSS_SELECTOR, "#picture .bg-node.bg-added")
    body.send_keys(Keys.ARROW_LEFT)
    assert "Frame 1 of 3" in where.text
    browser.find_element(By.CSS_SELECTOR, "#events button").click()
    assert "Frame 2 of 3" in where.text
    browser.get("about:blank")
    open_page(browser, f"{origin}/page#frame-3")
    assert "Frame 3 of 3" in browser.find_element(By.ID, "where").text


def test_a_recording_is_accessible(browser: Chrome, reports: Served, axe: str) -> None:
    origin, pages, _ = reports
    pages["/page"] = (
        "text/html",
        Player(recording())
        .page(live=False)
        .replace("script-src", "script-src 'unsafe-inline' 'unsafe-eval'", 1)
        .replace("'sha256-", "'sha257-", 1),
    )
    assert serious(browser, [f"{origin}/page"], axe) == []


def test_a_live_page_follows(browser: Chrome) -> None:
    found, lock = recording(), threading.Lock()
    with serving(Player(found), lock, 0) as address:
        quiet(browser)
        open_page(browser, address)
        where = browser.find_element(By.ID, "where")
        assert "Frame 3 of 3" in where.text
        with lock:
            found.see(9.0, picture_of(answers(disk(7)), "x"))
            found.events.append(Event(9.0, "", "BLOCK_JOB_READY", "device m0"))
        for _ in range(50):
            if "Frame 4 of 4" in where.text:
                break
            threading.Event().wait(0.1)
        assert "Frame 4 of 4" in where.text
        assert "BLOCK_JOB_READY device m0" in browser.find_element(By.ID, "events").text
        assert quiet(browser) == []
        browser.get("about:blank")


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [("", "evil.example", 403), ("../other/", "127.0.0.1", 404), ("more?frame=x", "", 400)],
)
def test_the_live_page_is_for_those_who_know_its_address(
    path: str, host: str, status: int
) -> None:
    with serving(Player(recording()), threading.Lock(), 0) as address:
        request = Request(address + path, headers={"Host": host} if host else {})  # noqa: S310
        with pytest.raises(HTTPError) as error:
            urlopen(request, timeout=5)  # noqa: S310 - ours, on the loopback
        assert error.value.code == status
        error.value.close()
