# SPDX-License-Identifier: GPL-2.0-or-later
"""What is marked where two releases answer differently."""

import json

import pytest
from blockdoc.transcript import contrast, parse_transcript
from hypothesis import given
from hypothesis import strategies as st
from transcript_support import PLACE

STATUS = '<- { "event": "JOB_STATUS_CHANGE", "data": { "id": "j", "status": "%s" } }\n'
ASK = '-> { "execute": "query-jobs" }\n'


def marked(left: str, right: str) -> tuple[list[str], list[str]]:
    texts = (left, right)
    spans = contrast(*(parse_transcript(text, PLACE) for text in texts))
    assert all(list(it) == sorted(it) for it in spans)
    one, other = (
        [text[start:end] for start, end in found]
        for text, found in zip(texts, spans, strict=True)
    )
    return one, other


@pytest.mark.parametrize(
    ("left", "right", "one", "other"),
    [
        ('{ "a": 1 }', '{  "a":  1.0  }', [], []),
        ('{ "a": 1, "b": 2 }', '{ "b": 2, "a": 1 }', [], []),
        ('{ "a": 1 }', '{ "a": 2 }', ['"a": 1'], ['"a": 2']),
        ('{ "a": 1 }', '{ "a": true }', ['"a": 1'], ['"a": true']),
        ('{ "a": 1 }', '{ "a": 1, "b": 2 }', [], ['"b": 2']),
        ('{ "a": 1, ... }', '{ "a": 1, "b": 2, ... }', [], ['"b": 2']),
        ('{ "a": ... }', '{ "a": 1 }', ['"a": ...'], ['"a": 1']),
        ('{ "a": <x> }', '{ "a": <x> }', [], []),
        ('{ "a": { "b": 1, "c": 2 } }', '{ "a": { "b": 1, "c": 3 } }', ['"c": 2'], ['"c": 3']),
        ('{ "a": {} }', '{ "a": [] }', ['"a": {}'], ['"a": []']),
        ('{ "a": [1, 2, 3] }', '{ "a": [1, 3] }', ["2"], []),
        ('{ "a": [ ..., 3 ] }', '{ "a": [ 3 ] }', [], []),
        ('{ "a": [ { "b": 1 } ] }', '{ "a": [ { "b": 2 } ] }', ['"b": 1'], ['"b": 2']),
        ('{ "return": {} }', '{ "error": {} }', ['"return": {}'], ['"error": {}']),
    ],
)
def test_the_smallest_part_is_marked(
    left: str, right: str, one: list[str], other: list[str]
) -> None:
    assert marked(f"{ASK}<- {left}\n", f"{ASK}<- {right}\n") == (one, other)
    assert marked(f"{ASK}<- {right}\n", f"{ASK}<- {left}\n") == (other, one)


def test_a_message_that_only_one_has_is_marked_whole() -> None:
    more = STATUS % "ready"
    assert marked(ASK + '<- { "return": {} }\n', ASK + '<- { "return": {} }\n' + more) == (
        [],
        [more.strip()],
    )


def test_an_event_is_held_against_one_of_its_own_name() -> None:
    left, right = STATUS % "ready", STATUS % "standby"
    assert marked(left, right) == (['"status": "ready"'], ['"status": "standby"'])
    stop = '<- { "event": "STOP", "data": {} }\n'
    assert marked(left, stop) == ([left.strip()], [stop.strip()])


def test_dots_between_messages_are_a_message_of_their_own() -> None:
    assert marked(f"{ASK}...\n", ASK) == (["..."], [])
    assert marked(f"{ASK}...\n", f"{ASK}...\n") == ([], [])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    ),
    max_leaves=8,
)


@given(JSON, JSON)
def test_nothing_is_marked_exactly_where_nothing_differs(left: object, right: object) -> None:
    texts = [f'<- {{ "return": {json.dumps(it)} }}\n' for it in (left, right)]
    one, other = marked(*texts)
    assert (one + other == []) is (texts[0] == texts[1] or _sorted(left) == _sorted(right))


def _sorted(value: object) -> str:
    return json.dumps(value, sort_keys=True)
