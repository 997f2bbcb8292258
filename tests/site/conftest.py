# SPDX-License-Identifier: GPL-2.0-or-later
"""The built site, served on the loopback, and a Chromium to open it with.

``build/html`` is what is tested, or what SITE_HTML names: build it first (``make site``).
Without Chromium the tests are skipped with a reason; in CI (``CI=true``) that is an
error.
"""

import functools
import http.server
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

sys.path.insert(0, str(Path(__file__).parent))

ROOT = Path(__file__).resolve().parents[2]
HTML = Path(os.environ.get("SITE_HTML", ROOT / "build/html"))
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


def _missing(what: str) -> None:
    """Skip for want of `what`; in CI, fail."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}; in CI it must be there")
    pytest.skip(what)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def pages() -> list[str]:
    """Return the addresses of all pages, relative to the root, without the short links."""
    if not (HTML / "index.html").is_file():
        _missing(f"no site in {HTML}; build it with `make site`")
    found = (path.relative_to(HTML) for path in HTML.rglob("*.html"))
    return sorted(path.as_posix() for path in found if path.parts[0] not in {"_static", "r"})


@pytest.fixture(scope="session")
def origin(pages: list[str]) -> Iterator[str]:  # noqa: ARG001 - the site must be there
    """Serve the site; return its origin."""
    handler = functools.partial(_Quiet, directory=str(HTML))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def axe() -> str:
    """Return axe-core's script, out of the package that carries it."""
    spec = find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        _missing("axe-core is not installed (Python package axe-playwright-python)")
        raise AssertionError
    return Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """Start Chromium once; it logs its console and its requests."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or driver is None:
        _missing("Chromium is not installed (Debian: chromium, chromium-driver)")
        raise AssertionError
    options = ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = Chrome(options=options, service=Service(driver))
    chrome.set_script_timeout(180)  # axe-core on a long chapter
    yield chrome
    chrome.quit()
