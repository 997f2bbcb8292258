# SPDX-License-Identifier: GPL-2.0-or-later
"""Differences are sentences at the line that they are about."""

import pytest
from blockdoc.errors import Place
from blockdoc.graph import compare, parse_mermaid

TEXT = """flowchart TD
  j_j[["j<br>job: commit"]]
  n_base["base<br>qcow2, ro"]
  n_top["top<br>qcow2"]
  j_j -->|"main node<br>r--- / rwu-"| n_top
  n_top -->|"backing<br>---- / rwus"| n_base
"""
GRAPH = parse_mermaid(TEXT, Place("page.md", 1))


@pytest.mark.parametrize(
    ("old", "new", "line", "kind", "message"),
    [
        (
            "---- / rwus",
            "r--- / rwus",
            6,
            "changed",
            "edge top → base (backing): takes r---, the example says ----",
        ),
        (
            "---- / rwus",
            "---- / rwu-",
            6,
            "changed",
            "edge top → base (backing): shares rwu-, the example says rwus",
        ),
        (
            "qcow2, ro",
            "qcow2",
            3,
            "changed",
            "node base: is node qcow2, the example says node qcow2, ro",
        ),
        (
            "job: commit",
            "job: mirror",
            2,
            "changed",
            "job j: is job mirror, the example says job commit",
        ),
        (
            '["top<br>qcow2"]',
            '{{"top<br>filter: qcow2"}}',
            4,
            "changed",
            "node top: is filter qcow2, the example says node qcow2",
        ),
    ],
)
def test_a_change_is_told(old: str, new: str, line: int, kind: str, message: str) -> None:
    [found] = compare(GRAPH, parse_mermaid(TEXT.replace(old, new), Place("page.md", 1)))
    assert (found.line, found.kind, str(found)) == (line, kind, message)


def test_what_is_gone_is_told_at_its_line() -> None:
    less = "".join(TEXT.splitlines(keepends=True)[:-1]).replace(
        '  n_base["base<br>qcow2, ro"]\n', ""
    )
    found = compare(GRAPH, parse_mermaid(less, Place("page.md", 1)))
    assert [(each.line, each.kind, each.message) for each in found] == [
        (3, "removed", "node base: not there, the example shows it"),
        (6, "removed", "edge top → base (backing): not there, the example shows it"),
    ]


def test_what_is_new_is_told_where_it_belongs() -> None:
    more = TEXT + '  n_mid["mid<br>raw"]\n  j_j -->|"base<br>---- / rwus"| n_mid\n'
    found = compare(GRAPH, parse_mermaid(more, Place("page.md", 1)))
    assert [(each.line, each.kind, each.message) for each in found] == [
        (3, "added", "node mid: there as node raw, the example does not show it"),
        (
            4,
            "added",
            "edge job j → mid (base): takes ----, shares rwus, the example does not show it",
        ),
    ]


def test_equal_graphs_do_not_differ() -> None:
    assert compare(GRAPH, GRAPH) == ()
