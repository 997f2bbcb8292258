# SPDX-License-Identifier: GPL-2.0-or-later
"""What holds of every message."""

import json

from blockdoc.errors import AuthorError
from blockdoc.transcript import (
    Array,
    Elided,
    Json,
    Object,
    Pattern,
    Scalar,
    apply_edits,
    format_message,
    match,
    parse_transcript,
    revise,
    substitute,
)
from blockdoc.transcript.compare import same
from hypothesis import given, settings
from hypothesis import strategies as st
from transcript_strategies import KEYS, MESSAGES, VALUES, written
from transcript_support import PLACE, read

settings.register_profile("blockdoc", deadline=None, max_examples=25, derandomize=True)
settings.load_profile("blockdoc")


@given(MESSAGES, st.integers(20, 120))
def test_what_is_printed_parses_back(value: dict[str, Json], width: int) -> None:
    assert same(substitute(read(format_message("->", value, width)), {}), value)


@given(st.lists(MESSAGES))
def test_messages_are_found_where_they_were_printed(values: list[dict[str, Json]]) -> None:
    texts = [format_message("->", value, 40) for value in values]
    transcript = parse_transcript("\n\n".join(texts), PLACE)
    spans = [transcript.source.text[item.start : item.end] for item in transcript.items]
    assert spans == texts
    lines = [PLACE.line + sum(t.count("\n") + 2 for t in texts[:i]) for i in range(len(texts))]
    assert [item.line for item in transcript.items] == lines


@given(st.data(), MESSAGES)
def test_a_message_matches_what_it_was_written_for(
    data: st.DataObject, value: dict[str, Json]
) -> None:
    pattern = read("<- " + data.draw(written(value)))
    assert match(pattern, value, {}).differences == ()
    assert revise(pattern, value, {}) == ()


@given(st.data(), MESSAGES)
def test_written_without_gaps_it_is_the_value(
    data: st.DataObject, value: dict[str, Json]
) -> None:
    assert same(substitute(read("-> " + data.draw(written(value, gaps=False))), {}), value)


@given(MESSAGES, MESSAGES)
def test_without_gaps_only_equal_messages_match(
    left: dict[str, Json], right: dict[str, Json]
) -> None:
    pattern = read(format_message("->", left))
    assert (match(pattern, right, {}).differences == ()) is same(left, right)


@given(MESSAGES, KEYS, VALUES)
def test_one_changed_member_is_found_and_located(
    value: dict[str, Json], key: str, other: Json
) -> None:
    text = format_message("<-", {"return": {"before": 1, key: 0.5, **value, "after": 2}}, 40)
    transcript = parse_transcript(text, PLACE)
    actual = {"return": {"before": 1, key: 0.5, **value, "after": 2, "more": other}}
    (found,) = match(transcript.items[0].pattern, actual, {}).differences  # type: ignore[arg-type]
    assert (found.kind, found.pointer) == ("unexpected", "/return/more")
    assert text[found.offset] == "}"


@given(st.data(), MESSAGES, MESSAGES)
def test_a_revised_message_matches(
    data: st.DataObject, value: dict[str, Json], actual: dict[str, Json]
) -> None:
    text = "<- " + data.draw(written(value))
    after = apply_edits(text, revise(read(text), actual, {}))
    assert match(read(after), actual, {}).differences == ()
    assert revise(read(after), actual, {}) == ()


@given(st.data(), VALUES, VALUES)
def test_captures_are_kept_where_they_hold(
    data: st.DataObject, captured: Json, other: Json
) -> None:
    uses = data.draw(st.lists(st.booleans(), min_size=1, max_size=4))
    places = [f"'{index}': <v>" for index in range(len(uses) + 1)]
    text = f"<- {{ {', '.join(places)} }}"
    actual = {"0": captured} | {
        str(index): captured if use else other for index, use in enumerate(uses, 1)
    }
    after = apply_edits(text, revise(read(text), actual, {}))
    assert match(read(after), actual, {}).differences == ()
    assert after.count(": <v>") >= 1 + sum(uses)


@st.composite
def _meddled(draw: st.DrawFn, value: Json) -> Json:
    """Change a value a little, here and there."""
    if draw(st.integers(0, 5)) == 0:
        return draw(VALUES)
    if isinstance(value, dict):
        kept = {k: draw(_meddled(v)) for k, v in value.items() if draw(st.integers(0, 5))}
        return kept | (draw(MESSAGES) if draw(st.integers(0, 3)) == 0 else {})
    if isinstance(value, list):
        return [draw(_meddled(part)) for part in value if draw(st.integers(0, 5))]
    return value


@settings(max_examples=80)
@given(st.data(), MESSAGES)
def test_revising_touches_nothing_that_still_holds(
    data: st.DataObject, value: dict[str, Json]
) -> None:
    text = "<- " + data.draw(written(value))
    pattern = read(text)
    actual = {str(k): data.draw(_meddled(v)) for k, v in value.items()}
    edits = revise(pattern, actual, {})
    for start, end in _holding(pattern, actual):
        assert not any(edit.start < end and start < edit.end for edit in edits)
    after = apply_edits(text, edits)
    assert match(read(after), actual, {}).differences == ()


def _holding(pattern: Pattern, actual: Json) -> list[tuple[int, int]]:
    """List what of the author's still holds; arrays with gaps are left out."""
    if isinstance(pattern, Elided):
        return [(pattern.start, pattern.end)]
    if isinstance(pattern, Scalar):
        return [(pattern.start, pattern.end)] if same(pattern.value, actual) else []
    if isinstance(pattern, Object) and isinstance(actual, dict):
        spans = [
            (m.start, m.start + 1)  # the member's name
            for m in pattern.members
            if m.key in actual
        ]
        for member in pattern.members:
            if member.key in actual:
                spans += _holding(member.value, actual[member.key])
        return spans
    if isinstance(pattern, Array) and isinstance(actual, list):
        if any(isinstance(entry, Elided) for entry in pattern.entries):
            return []
        pairs = zip(pattern.entries, actual, strict=False)
        return [span for entry, part in pairs for span in _holding(entry, part)]
    return []


@given(st.lists(st.integers(0, 2), max_size=6), st.lists(st.integers(-1, 2), max_size=5))
def test_gaps_in_an_array_are_any_number_of_elements(
    actual: list[int], wanted: list[int]
) -> None:
    entries = ["..." if number < 0 else str(number) for number in wanted]
    pattern = read(f"<- {{ 'return': [ {', '.join(entries)} ] }}")
    matches = not match(pattern, {"return": list(actual)}, {}).differences
    assert matches is _glob(wanted, actual)


def _glob(wanted: list[int], actual: list[int]) -> bool:
    """Match by trying everything; -1 is a gap."""
    if not wanted:
        return not actual
    if wanted[0] < 0:
        return any(_glob(wanted[1:], actual[skip:]) for skip in range(len(actual) + 1))
    return actual[:1] == wanted[:1] and _glob(wanted[1:], actual[1:])


@given(VALUES)
def test_a_value_is_printed_as_json(value: Json) -> None:
    text = format_message("->", value)
    assert text.isascii()
    assert same(json.loads(text[3:]), value)


@given(st.text(alphabet="{}[]\":,.<>-abc01 \n'\\", max_size=30))
def test_no_text_makes_the_parser_stumble(text: str) -> None:
    for arrow in ("", "-> {", "<- [", "... "):
        line = _line_refused(arrow + text)
        assert PLACE.line <= line <= PLACE.line + text.count("\n")


def _line_refused(text: str) -> int:
    """Give the line of the one error there may be."""
    try:
        parse_transcript(text, PLACE)
    except AuthorError as error:
        return error.place.line if error.place else 0
    return PLACE.line
