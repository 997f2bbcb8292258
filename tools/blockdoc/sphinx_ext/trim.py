# SPDX-License-Identifier: GPL-2.0-or-later
"""Take out of a Mermaid drawing what it does not use.

::

    <style>#d1 .edge-pattern-dashed{…}    a rule for a class that no element has
    <defs><symbol id="d1-database">…      a symbol that nothing refers to

Mermaid puts the styles and symbols of a whole kind of diagram into each: of a short
conversation they are more than half.
"""

import re
from typing import Final

__all__ = ["trimmed"]

_STYLE: Final = re.compile(r"(<style>)(.*?)(</style>)", re.DOTALL)
_KEYFRAMES: Final = re.compile(r"@keyframes ([\w-]+)\{(?:[^{}]*\{[^{}]*\})*\}")
_RULE: Final = re.compile(r"([^{}]+)\{([^{}]*)\}")
_CLASS: Final = re.compile(r"\.([A-Za-z][\w-]*)")
_VALUE: Final = re.compile(r'\[([\w-]+="[^"]*")\]')
_CLASSES: Final = re.compile(r'\bclass="([^"]*)"')
_DEFINED: Final = re.compile(r"<defs>(?:(?!</?defs>).)*</defs>", re.DOTALL)
_ID: Final = re.compile(r'\bid="([^"]*)"')


def trimmed(svg: str) -> str:
    """Return the same drawing, with less text."""
    body = _STYLE.sub("", svg)
    svg = _STYLE.sub(lambda it: it[1] + _rules(it[2], body) + it[3], svg)
    return _DEFINED.sub(lambda it: it[0] if _is_used(it[0], svg) else "", svg)


def _rules(style: str, body: str) -> str:
    """Keep the selectors that can match in `body`, and the animations that are in use."""
    classes = {name for names in _CLASSES.findall(body) for name in names.split()}

    def matches(selector: str) -> bool:
        if ":root" in selector or not classes.issuperset(_CLASS.findall(selector)):
            return False
        return all(value in body for value in _VALUE.findall(selector))

    kept = ""
    for selectors, declarations in _RULE.findall(_KEYFRAMES.sub("", style)):
        if found := ",".join(filter(matches, selectors.split(","))):
            kept += f"{found}{{{declarations}}}"
    frames = (it[0] for it in _KEYFRAMES.finditer(style) if f"animation:{it[1]} " in kept)
    return "".join(frames) + kept


def _is_used(defined: str, svg: str) -> bool:
    """Say whether something outside refers to one of the definitions, or they have no ids."""
    names = _ID.findall(defined)
    rest = svg.replace(defined, "")
    return not names or any(re.search(rf"#{re.escape(it)}(?![\w-])", rest) for it in names)
