# SPDX-License-Identifier: GPL-2.0-or-later
"""What a page costs who reads it on the way: bytes, and what has to be there before it shows.

Compressed, as hosts of pages send them; of each page everything counts that is asked for
before it is complete, diagrams too, for they are part of the page.
"""

import gzip
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from conftest import HTML

#: HTML, CSS and JavaScript of a page, in bytes.
BUDGET = 150_000
#: What is looked through when somebody searches; the page is there before it.
INDEX, INDEX_BUDGET = "passages.js", 450_000
FILE = re.compile(r'<(?:link rel="stylesheet"[^>]*href|script[^>]*src)="([^"?]+)')
BLOCKING = re.compile(r"<script(?![^>]*\b(?:defer|async)\b)[^>]*\bsrc=")


@cache
def weight(path: Path) -> int:
    """Return how many bytes are sent for a file."""
    return len(gzip.compress(path.read_bytes(), 6))


def asked_for(page: Path) -> Iterator[Path]:
    """Yield the page and its style sheets and scripts."""
    yield page
    for address in FILE.findall(page.read_text(encoding="utf-8")):
        if address != INDEX:
            yield (page.parent / address).resolve()


def test_every_page_is_within_its_budget(pages: list[str]) -> None:
    weights = {page: sum(map(weight, asked_for(HTML / page))) for page in pages}
    assert {page: it for page, it in weights.items() if it > BUDGET} == {}


def test_the_index_is_within_its_own() -> None:
    assert weight(HTML / INDEX) <= INDEX_BUDGET


def test_a_budget_counts_styles_and_scripts(pages: list[str]) -> None:
    """Otherwise the test above would count less than it says."""
    page = next(it for it in pages if it.endswith("drain.html"))
    names = {it.name for it in asked_for(HTML / page)}
    assert names >= {"drain.html", "furo.css", "blockdoc.css", "blockdoc.js", "frames.js"}


def test_nothing_is_waited_for_but_styles(pages: list[str]) -> None:
    """No script holds up the page, no font is fetched, no style sheet fetches another."""
    problems = []
    for page in pages:
        head, _, _ = (HTML / page).read_text(encoding="utf-8").partition("</head>")
        problems += [page] if BLOCKING.search(head) else []
    styles = sorted((HTML / "_static").rglob("*.css"))
    assert styles
    for path in styles:
        text = path.read_text(encoding="utf-8")
        problems += [path.name] if re.search(r"@import|@font-face", text) else []
    assert problems == []
