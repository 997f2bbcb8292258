# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of the site do with a browser."""

from selenium.webdriver import Chrome

__all__ = ["PARTS", "PHONE", "open_page", "serious"]

#: Into how many tests the pages are divided.
PARTS = 12

PHONE, DESK = 375, 1280
#: All rules on all of a page, but contrast, which takes a second for 500 elements, only on
#: the first example of a chapter's section: every transcript is judged on its example's own
#: page, and a chapter shows them all alike.
RUN_AXE = """
const done = arguments[arguments.length - 1];
const grave = ["serious", "critical"];
const violations = {resultTypes: ["violations"]};
(async () => [
  await axe.run(document, {...violations, rules: {"color-contrast": {enabled: false}}}),
  await axe.run(
    {exclude: [[".example ~ .example pre"]]}, {...violations, runOnly: ["color-contrast"]}),
])().then(
  (found) => done(found.flatMap((it) => it.violations).filter((it) => grave.includes(it.impact))
    .map((it) => it.id + ": " + it.nodes.map((node) => node.target + " " + node.failureSummary)
      .join(" | "))),
  (error) => done([String(error)]));
"""


def open_page(browser: Chrome, address: str, width: int = DESK, colours: str = "light") -> None:
    """Open a page as a screen of that width and taste shows it."""
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width == PHONE}
    media = {"features": [{"name": "prefers-color-scheme", "value": colours}]}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.get(address)


def serious(browser: Chrome, addresses: list[str], axe: str, colours: str) -> list[str]:
    """Return what axe-core calls serious or critical on these pages."""
    problems = []
    for address in addresses:
        open_page(browser, address, colours=colours)
        browser.execute_script(axe)
        found = browser.execute_async_script(RUN_AXE)
        problems += [f"{address}: {it}" for it in found]
    return problems
