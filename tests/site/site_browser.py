# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of the site do with a browser."""

from selenium.webdriver import Chrome

__all__ = ["DESK", "PARTS", "PHONE", "open_page", "serious", "serious_here"]

#: Into how many tests the pages are divided.
PARTS = 12

PHONE, DESK = 375, 1280
#: The rules that look at colours: they take most of axe's time, some milliseconds a word.
COLOURS = ["color-contrast", "link-in-text-block"]
#: Mark the first of each kind that is not among those given: of what is seen and says
#: something, in a colour and size, on backgrounds, beside words of a colour.  Return the kinds.
MARK_KINDS = """
const seen = new Set(arguments[0]), found = [];
const visible = {opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true};
const says = (it) => it.matches("input, select, textarea")
  || [...it.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
const behind = (it) => {
  const {backgroundColor, backgroundImage, opacity, position} = getComputedStyle(it);
  const all = [backgroundColor, backgroundImage, opacity, position].join();
  return all === "rgba(0, 0, 0, 0),none,1,static" ? "" : all;
};
const kind = (it) => {
  const {color, fontSize, fontWeight, textShadow, textDecorationLine} = getComputedStyle(it);
  const words = [color, fontSize, fontWeight, textShadow, textDecorationLine];
  words.push(it.tagName === "A", getComputedStyle(it.parentElement).color);
  for (let up = it; up !== null; up = up.parentElement) words.push(behind(up));
  return words.filter((word) => word).join();
};
for (const it of document.body.querySelectorAll("*")) {
  delete it.dataset.kind;
  if (!says(it) || !it.checkVisibility(visible)) continue;
  const its = kind(it);
  if (seen.has(its)) continue;
  it.dataset.kind = found.push(its);
  seen.add(its);
}
return found;
"""
_RUN_AXE = """
const [context, options, done] = arguments;
axe.run(context, {...options, resultTypes: ["violations"]}).then(
  (found) => done(found.violations
    .filter((it) => ["serious", "critical"].includes(it.impact))
    .map((it) => it.id + ": " + it.nodes.map((node) => node.target + " " + node.failureSummary)
      .join(" | "))),
  (error) => done([String(error)]));
"""


def open_page(browser: Chrome, address: str, width: int = DESK, colours: str = "light") -> None:
    """Open a page as a screen of that width and taste shows it."""
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    _prefer(browser, colours)
    browser.get(address)


def serious(browser: Chrome, addresses: list[str], axe: str) -> list[str]:
    """Return what axe-core calls serious or critical on these pages, in light and in dark."""
    problems = []
    seen: set[str] = set()
    for address in addresses:
        open_page(browser, address)
        problems += [f"{address}: {it}" for it in serious_here(browser, axe, seen)]
    return problems


def serious_here(browser: Chrome, axe: str, seen: set[str]) -> list[str]:
    """Return what axe-core calls serious or critical on the page that is open.

    The rules that look at colours are asked of one of each kind of words, in light and in
    dark, unless that kind was `seen`.
    """
    browser.execute_script(axe)
    others = {"rules": {it: {"enabled": False} for it in COLOURS}}
    problems: list[str] = browser.execute_async_script(_RUN_AXE, "html", others)
    for scheme in ("light", "dark"):
        _prefer(browser, scheme)
        new = browser.execute_script(MARK_KINDS, list(seen))
        if new:
            colour = {"runOnly": COLOURS}
            found = browser.execute_async_script(_RUN_AXE, "[data-kind]", colour)
            problems += [f"{scheme}: {it}" for it in found]
        seen.update(new)
    return problems


def _prefer(browser: Chrome, colours: str) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": colours}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
