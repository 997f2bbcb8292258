# SPDX-License-Identifier: GPL-2.0-or-later
"""How a message is put right, and what of it stays."""

import pytest
from blockdoc.transcript import Edit, Json, apply_edits
from transcript_support import read, revised

ONE_LINE = '<- { "return": { "a": 1, "b": 2, "c": 3 } }'
STACKED = '<- { "return": {\n       "a": 1,\n       "b": 2\n     } }'
ALIGNED = '<- { "return": { "a": 1,\n                 "b": 2 } }'


@pytest.mark.parametrize(
    ("text", "answer", "after"),
    [
        (ONE_LINE, {"a": 1, "b": 7, "c": 3}, '<- { "return": { "a": 1, "b": 7, "c": 3 } }'),
        (ONE_LINE, {"c": 3, "b": 2, "a": 1}, ONE_LINE),
        (ONE_LINE, {"b": 2, "c": 3}, '<- { "return": { "b": 2, "c": 3 } }'),
        (ONE_LINE, {"a": 1, "c": 3}, '<- { "return": { "a": 1, "c": 3 } }'),
        (ONE_LINE, {"a": 1, "b": 2}, '<- { "return": { "a": 1, "b": 2 } }'),
        (ONE_LINE, {"a": 1, "d": 4}, '<- { "return": { "a": 1, "d": 4 } }'),
        (ONE_LINE, {}, '<- { "return": {} }'),
        (ONE_LINE, {"d": 4}, '<- { "return": { "d": 4 } }'),
        (ONE_LINE, [1], '<- { "return": [ 1 ] }'),
        (STACKED, {"a": 1}, '<- { "return": {\n       "a": 1\n     } }'),
        (STACKED, {"b": 2}, '<- { "return": {\n       "b": 2\n     } }'),
        (
            STACKED,
            {"a": 1, "b": 2, "c": [3]},
            '<- { "return": {\n       "a": 1,\n       "b": 2,\n       "c": [ 3 ]\n     } }',
        ),
        (
            STACKED.replace("       ", "\t"),
            {"a": 1, "b": 2, "c": 3},
            '<- { "return": {\n\t"a": 1,\n\t"b": 2,\n\t"c": 3\n     } }',
        ),
        (
            ALIGNED,
            {"a": 1, "b": 2, "c": 3},
            '<- { "return": { "a": 1,\n                 "b": 2,\n                 "c": 3 } }',
        ),
        ("<- { 'return': [1,  2,3] }", [1, 2], "<- { 'return': [1,  2] }"),
        ("<- { 'return': [1,  2,3] }", [1, 5, 3, 4], "<- { 'return': [1,  5,3, 4] }"),
        ("<- { 'return': [\n 1\n] }", [1, 2], "<- { 'return': [\n 1,\n 2\n] }"),
        ("<- { 'return': { ... } }", {"a": 1}, "<- { 'return': { ... } }"),
        ("<- { 'return': { 'x': 1, ... } }", {"a": 1}, "<- { 'return': { ... } }"),
        ("<- { 'return': { ... more ... 'x': 1 } }", {}, "<- { 'return': { ... more ... } }"),
        ("<- { 'return': [ ... 'x' ... ] }", [5], "<- { 'return': [ ... ... ] }"),
        ("<- { 'return': [ 'x' ... ] }", ["y", 1], "<- { 'return': [ \"y\" ... ] }"),
        ("<- { 'return': <x> }", {"a": 1}, "<- { 'return': <x> }"),
        ("<- { 'return': <old> }", 2, "<- { 'return': 2 }"),
        ("<- { 'return': <old> }", 1, "<- { 'return': <old> }"),
        ("<- { 'return': 1.0 }", 1, "<- { 'return': 1.0 }"),
        ("<- { 'return': '\\u0041' }", "A", "<- { 'return': '\\u0041' }"),
        (
            "<- { 'return': [ ..., { 'n': 'b', 'v': 1 }, ... ] }",
            [{"n": "a", "v": 2}, {"n": "b", "v": 2}],
            "<- { 'return': [ ..., { 'n': 'b', 'v': 2 }, ... ] }",
        ),
    ],
)
def test_only_what_differs_is_rewritten(text: str, answer: Json, after: str) -> None:
    assert revised(text, {"return": answer}, {"old": 1}) == after


def test_what_does_not_fit_on_the_line_goes_to_the_next() -> None:
    text = '<- { "return": { "a": "' + "x" * 50 + '" } }'
    answer: Json = {"return": {"a": "x" * 50, "b": "y" * 20}}
    tail = '",\n' + " " * 17 + '"b": "' + "y" * 20 + '" } }'
    assert revised(text, answer) == text.removesuffix('" } }') + tail


def test_an_events_timestamp_stays_and_none_is_added() -> None:
    answer: Json = {"event": "A", "timestamp": {"seconds": 9}, "data": {}}
    text = '<- { "event": "B", "timestamp": { "seconds": 1 } }'
    assert revised(text, answer) == (
        '<- { "event": "A", "timestamp": { "seconds": 1 }, "data": {} }'
    )
    assert revised('<- { "event": "B" }', answer) == '<- { "event": "A", "data": {} }'


def test_other_messages_of_the_fence_are_left_alone() -> None:
    text = '\n<- { "return": 1 }\n\n... and ...\n-> { "x":   1 }\n'
    assert revised(text, {"return": 2}) == text.replace('"return": 1', '"return": 2')


def test_what_is_not_ascii_is_escaped_as_qemu_does() -> None:
    assert revised("<- { 'return': 'é' }", {"return": "ü\x7f"}) == (
        "<- { 'return': \"\\u00fc\\u007f\" }"
    )


def test_edits_are_made_from_the_last_to_the_first() -> None:
    edits = [Edit(0, 1, "xyz"), Edit(3, 3, "!"), Edit(2, 3, "")]
    assert apply_edits("abcd", edits) == "xyzb!d"


@pytest.mark.parametrize(
    "edits", [[Edit(0, 2, ""), Edit(1, 3, "")], [Edit(2, 1, "")], [Edit(3, 5, "")]]
)
def test_edits_that_overlap_are_a_bug(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="overlap"):
        apply_edits("abcd", edits)


def test_the_pattern_is_not_needed_twice() -> None:
    assert read(revised(ONE_LINE, {"return": 5})).get("return")
