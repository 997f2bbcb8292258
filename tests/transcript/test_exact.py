# SPDX-License-Identifier: GPL-2.0-or-later
"""Where captures stand in arrays with gaps, the choice under which all fits is found."""

import itertools

import pytest
from blockdoc.transcript import Json, apply_edits, match, revise
from hypothesis import given
from hypothesis import strategies as st
from transcript_support import held, read, revised, said


@pytest.mark.parametrize(
    ("text", "actual", "captured"),
    [
        ("[ ..., { 'n': <c> }, ..., { 'p': <c> }, ... ]", [{"n": 1}, {"n": 2}, {"p": 2}], 2),
        ("[ ..., <c>, <c>, ... ]", [1, 2, 2, 3], 2),
        ("[ <c>, ..., <c> ]", [4, 5, 4], 4),
        ("[ [ ..., <c>, ... ], <c> ]", [[1, 2, 3], 3], 3),
        ("{ 'a': [ ..., { 'n': <c>, ... }, ... ], 'b': <c> }", {"a": [{"n": 7}], "b": 7}, 7),
        ("[ ..., <c>, ..., 'x', <c> ]", ["a", "b", "x", "b"], "b"),
    ],
)
def test_what_follows_decides_which_element_is_captured(
    text: str, actual: Json, captured: Json
) -> None:
    result = held(f"<- {{ 'return': {text} }}", {"return": actual})
    assert result.differences == ()
    assert result.captures == {"c": captured}
    assert revise(read(f"<- {{ 'return': {text} }}"), {"return": actual}, {}) == ()


def test_a_value_that_was_captured_before_is_no_choice() -> None:
    text = "<- { 'return': [ ..., { 'n': <c> }, ... ] }"
    assert held(text, {"return": [{"n": 1}, {"n": 2}]}, {"c": 2}).differences == ()
    assert said(text, {"return": [{"n": 1}]}, {"c": 2}) == [
        '/return: element { "n": <c> } is missing from QEMU\'s answer'
    ]


def test_where_nothing_fits_the_first_place_is_told() -> None:
    assert said("<- { 'return': [ ..., <c>, <c>, ... ] }", {"return": [1, 2, 3]}) == [
        "/return/1: expected <c> = 1, got 2"
    ]


def test_too_many_choices_are_given_up_and_no_match_is_claimed() -> None:
    names = ", ".join(f"..., <c{number}>" for number in range(40))
    text = f"<- {{ 'return': [ {names}, ..., 'never' ] }}"
    assert said(text, {"return": [*range(60), "other"]})


ELEMENTS = st.lists(st.integers(0, 2), max_size=6)
WANTED = st.lists(st.sampled_from(["...", "<a>", "<b>", "0", "1"]), max_size=6)


@given(ELEMENTS, WANTED)
def test_it_matches_if_and_only_if_some_values_of_the_captures_do(
    actual: list[int], wanted: list[str]
) -> None:
    text = f"<- {{ 'return': [ {', '.join(wanted)} ] }}"
    matches = not held(text, {"return": list(actual)}).differences
    values = itertools.product(range(3), repeat=2)
    assert matches is any(_fits(wanted, actual, {"<a>": a, "<b>": b}) for a, b in values)


def _fits(wanted: list[str], actual: list[int], values: dict[str, int]) -> bool:
    """Match by trying everything."""
    if not wanted:
        return not actual
    head, *rest = wanted
    if head == "...":
        return any(_fits(rest, actual[skip:], values) for skip in range(len(actual) + 1))
    value = values.get(head, int(head) if head.isdigit() else -1)
    return actual[:1] == [value] and _fits(rest, actual[1:], values)


@given(ELEMENTS, WANTED)
def test_what_is_revised_matches(actual: list[int], wanted: list[str]) -> None:
    text = f"<- {{ 'return': [ {', '.join(wanted)} ] }}"
    after = revised(text, {"return": list(actual)})
    assert match(read(after), {"return": list(actual)}, {}).differences == ()
    assert apply_edits(after, revise(read(after), {"return": list(actual)}, {})) == after
