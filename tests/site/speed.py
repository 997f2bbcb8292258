# SPDX-License-Identifier: GPL-2.0-or-later
"""What a phone has to fetch and to wait for, by Chromium's own metrics.

::

    $ SITE_HTML=build/html .venv/bin/python tests/site/speed.py [PAGE…]

The site is served on the loopback as a Pages host does it, compressed and with a time to
live; Chromium is slowed down to a middling phone on a slow 4G network, as Lighthouse does
it: a processor four times slower, 1.6 Mbit/s, 150 ms for a round trip.
Each page is opened three times with an empty cache; the medians are printed.
"""

import gzip
import http.server
import shutil
import statistics
import sys
import tempfile
import threading
from http import HTTPStatus

from conftest import FLAGS, HTML
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from site_browser import PHONE

PAGES = ("index.html", "docs/devel/block/drain.html", "docs/devel/block/jobs.html")
#: Chromium's emulation has the round trip of a whole request: Lighthouse's factor is 3.75.
NETWORK = {
    "offline": False,
    "latency": 150 * 3.75,
    "downloadThroughput": 1.6e6 * 0.9 / 8,
    "uploadThroughput": 750e3 * 0.9 / 8,
}
#: What the observers have seen, once the page is quiet.
SEEN = """
const done = arguments[0], seen = {lcp: 0, cls: 0, long: 0};
const look = (type, add) => new PerformanceObserver((list) => list.getEntries().forEach(add))
  .observe({type, buffered: true});
look("largest-contentful-paint", (it) => { seen.lcp = it.startTime; });
look("layout-shift", (it) => { if (!it.hadRecentInput) seen.cls += it.value; });
look("longtask", (it) => { seen.long += Math.max(0, it.duration - 50); });
setTimeout(() => {
  const [page] = performance.getEntriesByType("navigation");
  const files = performance.getEntriesByType("resource");
  seen.fcp = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN;
  seen.ready = page.domContentLoadedEventEnd;
  seen.load = page.loadEventEnd;
  seen.bytes = [page, ...files].reduce((sum, it) => sum + it.transferSize, 0);
  done(seen);
}, 1500);
"""


class Host(http.server.SimpleHTTPRequestHandler):
    """Serves text compressed, over connections that stay open."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send a file."""
        path = HTML / self.path.partition("?")[0].lstrip("/")
        if not path.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        data = gzip.compress(path.read_bytes(), 6)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def measure(browser: Chrome, address: str) -> dict[str, float]:
    """Open a page with an empty cache; return times in ms, bytes, Chromium's counters."""
    browser.get("about:blank")
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", NETWORK)
    browser.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": 4})
    browser.get(address)
    seen: dict[str, float] = browser.execute_async_script(SEEN)
    counted = browser.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    known = {it["name"]: it["value"] for it in counted}
    seen["nodes"] = known["Nodes"]
    for name in ("Script", "Layout", "RecalcStyle", "Task"):
        seen[name] = known[f"{name}Duration"] * 1000
    return seen


def main(pages: list[str]) -> None:
    """Print a line of a table for each page."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or driver is None:
        sys.exit("Chromium is not installed (Debian: chromium, chromium-driver)")
    options = ChromeOptions()
    options.binary_location = binary
    with (
        tempfile.TemporaryDirectory() as profile,
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host) as server,
    ):
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = Chrome(options=options, service=Service(driver))
        screen = {"width": PHONE, "height": 667, "deviceScaleFactor": 2, "mobile": True}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        browser.execute_cdp_cmd("Network.enable", {})
        browser.execute_cdp_cmd("Performance.enable", {})
        try:
            for page in pages:
                address = f"http://127.0.0.1:{server.server_port}/{page}"
                runs = [measure(browser, address) for _ in range(3)]
                found = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
                line = (
                    f"{key} {value:.3g}" if value < 1 else f"{key} {value:.0f}"
                    for key, value in found.items()
                )
                sys.stdout.write("  ".join((page, *line)) + "\n")
        finally:
            browser.quit()
            server.shutdown()


if __name__ == "__main__":
    main(sys.argv[1:] or list(PAGES))
