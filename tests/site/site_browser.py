# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of the site do with a browser."""

from selenium.webdriver import Chrome

__all__ = ["DESK", "PARTS", "PHONE", "open_page", "serious", "serious_here"]

#: Into how many tests the pages are divided.
PARTS = 12

PHONE, DESK = 375, 1280
_GRAVE = """
const grave = (violations) => violations
  .filter((it) => ["serious", "critical"].includes(it.impact))
  .map((it) => it.id + ": " + it.nodes
    .map((node) => (node.target ?? node.html) + " " + node.failureSummary).join(" | "));
"""
#: All rules but contrast, or one of them; of the whole page.
RULES = (
    _GRAVE
    + """\
const [options, done] = arguments;
axe.run(document, {...options, resultTypes: ["violations"]}).then(
  (found) => done(grave(found.violations)), (error) => done([String(error)]));
"""
)
#: Contrast takes axe some milliseconds a word.  What is seen and says something in a colour
#: and size, on backgrounds, is of a kind.  The first of each is looked at, unless its kind is
#: among those given; where axe cannot decide about that one, all others of its kind are.
#: Return the problems, and the kinds that were decided.
CONTRAST = (
    _GRAVE
    + """\
const [known, done] = arguments;
const visible = {opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true};
const says = (it) => it.matches("input, select, textarea")
  || [...it.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
const behind = (it) => {
  const {backgroundColor, backgroundImage, opacity, position} = getComputedStyle(it);
  const all = [backgroundColor, backgroundImage, opacity, position].join();
  return all === "rgba(0, 0, 0, 0),none,1,static" ? "" : all;
};
const kind = (it) => {
  const {color, fontSize, fontWeight, textShadow} = getComputedStyle(it);
  const words = [color, fontSize, fontWeight, textShadow];
  for (let up = it; up !== null; up = up.parentElement) words.push(behind(up));
  return words.filter((word) => word).join();
};
const options = {
  runOnly: ["color-contrast"], resultTypes: ["violations", "passes"],
  elementRef: true, selectors: false,
};
const problems = [], decided = new Set();
const ask = async (elements) => {
  if (!elements.length) return;
  for (const it of elements) it.dataset.asked = "";
  const {violations, passes} = await axe.run("[data-asked]", options);
  for (const it of elements) delete it.dataset.asked;
  problems.push(...grave(violations));
  for (const {nodes} of [...violations, ...passes]) {
    for (const {element} of nodes) decided.add(element);
  }
};
(async () => {
  const kinds = new Map();
  for (const it of document.body.querySelectorAll("*")) {
    if (!says(it) || !it.checkVisibility(visible)) continue;
    const its = kind(it);
    if (known.includes(its)) continue;
    if (!kinds.has(its)) kinds.set(its, []);
    kinds.get(its).push(it);
  }
  await ask([...kinds.values()].map(([first]) => first));
  const open = [...kinds].filter(([_, [first]]) => !decided.has(first));
  await ask(open.flatMap(([_, [first, ...others]]) => others));
  const undecided = new Set(open.map(([its]) => its));
  return [problems, [...kinds.keys()].filter((its) => !undecided.has(its))];
})().then(done, (error) => done([[String(error)], []]));
"""
)


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

    Contrast is asked of one of each kind of words, in light and in dark, unless that kind
    was `seen`: so far as axe decided about it.
    """
    browser.execute_script(axe)
    problems: list[str] = []
    for scheme, options in (
        ("light", {"rules": {"color-contrast": {"enabled": False}}}),
        ("dark", {"runOnly": ["link-in-text-block"]}),
    ):
        _prefer(browser, scheme)
        found = browser.execute_async_script(RULES, options)
        poor, decided = browser.execute_async_script(CONTRAST, list(seen))
        problems += [f"{scheme}: {it}" for it in (*found, *poor)]
        seen.update(decided)
    return problems


def _prefer(browser: Chrome, colours: str) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": colours}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
