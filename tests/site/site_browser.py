# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of the site do with a browser."""

from selenium.webdriver import Chrome

__all__ = ["DESK", "PARTS", "PHONE", "open_page", "serious"]

#: Into how many tests the pages are divided.
PARTS = 12

PHONE, DESK = 375, 1280
#: All rules but contrast.
RULES = 'await axe.run(document, {...violations, rules: {"color-contrast": {enabled: false}}})'
CONTRAST = 'await axe.run(document, {...violations, runOnly: ["color-contrast"]})'
#: The rules that look at colours.
COLOURS = (
    "await axe.run(document,"
    ' {...violations, runOnly: ["color-contrast", "link-in-text-block"]})'
)
#: A chapter's transcripts have thousands of words in spans, and axe takes its time for each.
#: Of those whose colour, font and backgrounds are the same, the first on a page stays one.
UNWRAP_ALIKE = """
const seen = new Set(), alike = [];
const look = (it) => {
  const {backgroundColor, backgroundImage, opacity} = getComputedStyle(it);
  return backgroundColor + backgroundImage + opacity;
};
for (const it of document.querySelectorAll("pre span:not([role], [tabindex], [title], [id])")) {
  const {color, fontSize, fontWeight} = getComputedStyle(it);
  let key = color + fontSize + fontWeight;
  for (let up = it; up !== null; up = up.parentElement) key += look(up);
  if (seen.has(key)) alike.push(it); else seen.add(key);
}
for (const it of alike) it.replaceWith(...it.childNodes);
"""
_RUN_AXE = """
const done = arguments[arguments.length - 1];
const grave = ["serious", "critical"];
const violations = {resultTypes: ["violations"]};
(async () => [%s])().then(
  (found) => done(found.flatMap((it) => it.violations).filter((it) => grave.includes(it.impact))
    .map((it) => it.id + ": " + it.nodes.map((node) => node.target + " " + node.failureSummary)
      .join(" | "))),
  (error) => done([String(error)]));
"""
#: All rules: to be run where axe-core has been.
RUN_AXE = _RUN_AXE % f"{RULES}, {CONTRAST}"


def open_page(browser: Chrome, address: str, width: int = DESK, colours: str = "light") -> None:
    """Open a page as a screen of that width and taste shows it."""
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width == PHONE}
    media = {"features": [{"name": "prefers-color-scheme", "value": colours}]}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.get(address)


def serious(browser: Chrome, addresses: list[str], axe: str, colours: str) -> list[str]:
    """Return what axe-core calls serious or critical on these pages.

    In light colours it goes by all rules, in dark ones by those that look at colours.
    """
    script = RUN_AXE if colours == "light" else _RUN_AXE % COLOURS
    problems = []
    for address in addresses:
        open_page(browser, address, colours=colours)
        browser.execute_script(axe)
        browser.execute_script(UNWRAP_ALIKE)
        found = browser.execute_async_script(script)
        problems += [f"{address}: {it}" for it in found]
    return problems
