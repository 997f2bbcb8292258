# SPDX-License-Identifier: GPL-2.0-or-later
"""Alternatives on a page: conditions in words, and what differs is marked."""

import html
import re

import pytest
from blockdoc.errors import Place
from blockdoc.sphinx_ext.alternatives import in_words
from blockdoc.sphinx_ext.transcripts import transcripts_html

PLACE = Place("examples/x.md", 1)
OLD = """\
-> { "execute": "query-jobs" }
<- { "return": [ { "id": "a", "offset": 1,
                   "len": 5 } ] }
"""
NEW = """\
-> { "execute": "query-jobs" }
<- { "return": [ { "id": "a", "offset": 2,
                   "len": 5 } ] }
<- { "event": "STOP",
     "data": {} }
"""


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("qemu >= 10.0", "QEMU 10.0 and later"),
        ("qemu<10.1", "QEMU before 10.1"),
        ("qemu <= 10.0", "QEMU up to 10.0"),
        ("qemu > 10.0", "QEMU after 10.0"),
        ("qemu == 7.2", "QEMU 7.2"),
        ("qemu >= 8.0, qemu < 10.0", "QEMU 8.0 and later, before 10.0"),
        ("command block-job-change", "QEMU with command block-job-change"),
        ("no driver nbd", "QEMU without driver nbd"),
        ("qemu >= 8.0, no event X", "QEMU 8.0 and later, without event X"),
    ],
)
def test_a_condition_is_said_in_words(condition: str, words: str) -> None:
    assert in_words(condition) == words


def marks(page: str) -> list[str]:
    found = re.findall(r'<mark class="differs">(.*?)</mark>', page, re.DOTALL)
    return [text(it) for it in found]


def text(page: str) -> str:
    return html.unescape(re.sub("<[^>]*>", "", page))


def test_members_that_differ_are_marked_and_the_text_stays_the_authors() -> None:
    old, new = transcripts_html([(OLD, PLACE), (NEW, PLACE)])
    assert marks(old) == ['"offset": 1']
    assert marks(new) == ['"offset": 2', '<- { "event": "STOP",', '"data": {} }']
    assert (text(old).rstrip("\n"), text(new).rstrip("\n")) == (OLD.rstrip(), NEW.rstrip())


def test_of_three_alternatives_each_is_held_against_both_others() -> None:
    other = OLD.replace('"len": 5', '"len": 6')
    pages = transcripts_html([(OLD, PLACE), (NEW, PLACE), (other, PLACE)])
    assert marks(pages[0]) == ['"offset": 1', '"len": 5']


def test_a_step_without_alternatives_has_no_marks() -> None:
    (page,) = transcripts_html([(OLD, PLACE)])
    assert marks(page) == []
