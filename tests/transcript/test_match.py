# SPDX-License-Identifier: GPL-2.0-or-later
"""What a message matches, and how it is said when it does not."""

import time

import pytest
from blockdoc.errors import AuthorError
from blockdoc.transcript import Json, format_message, parse_transcript, substitute
from transcript_support import PLACE, held, read, revised, said


@pytest.mark.parametrize(
    ("text", "actual", "sentences"),
    [
        ("1", 1.0, []),
        ("1", True, ["/return: expected 1, got true"]),
        ("0", False, ["/return: expected 0, got false"]),
        ("null", None, []),
        ("null", False, ["/return: expected null, got false"]),
        ("{}", [], ["/return: expected {}, got []"]),
        ("...", {"any": "thing"}, []),
        (
            '{ "status": "running" }',
            {"status": "ready"},
            ['/return/status: expected "running", got "ready"'],
        ),
        ("{}", {"foo": 5}, ['/return: member "foo" is not in the example: 5']),
        ("{ ... }", {"foo": 5}, []),
        ('{ "bar": 1 }', {}, ['/return: member "bar" is missing from QEMU\'s answer']),
        ('{ "bar": ... }', {}, ['/return: member "bar" is missing from QEMU\'s answer']),
        ('{ "bar": null }', {}, ['/return: member "bar" is missing from QEMU\'s answer']),
        ('{ "a/b~": 1 }', {"a/b~": 2}, ["/return/a~1b~0: expected 1, got 2"]),
        ('{ "a/b": 1 }', {}, ['/return: member "a/b" is missing from QEMU\'s answer']),
        ("[ 1, 2 ]", [2, 1], ["/return/0: expected 1, got 2", "/return/1: expected 2, got 1"]),
        ("[ 1 ]", [1, 2], ["/return: element 1 is not in the example: 2"]),
        (
            "[ 1, { 'a': ... } ]",
            [1],
            ['/return: element { "a": ... } is missing from QEMU\'s answer'],
        ),
        ("[ ..., 3, ... ]", [1, 2], ["/return: element 3 is missing from QEMU's answer"]),
        ("[ ..., 3 ]", [3, 2], ["/return/1: expected 3, got 2"]),
        ("[ 1, ..., 1 ]", [1], ["/return: element 1 is missing from QEMU's answer"]),
        (
            '[ ..., { "n": "b", "v": 1 }, ... ]',
            [{"n": "a", "v": 2}, {"n": "b", "v": 2}],
            ["/return/1/v: expected 1, got 2"],
        ),
        (
            "[ <a>, <b>, <a> ]",
            [1, 1, 2],
            ["/return/2: expected <a> = 1, got 2"],
        ),
    ],
)
def test_differences_are_sentences(text: str, actual: Json, sentences: list[str]) -> None:
    assert said(f'<- {{ "return": {text} }}', {"return": actual}) == sentences


def test_a_message_of_another_kind_differs_in_its_members() -> None:
    assert said('<- { "return": {} }', {"error": {"class": "GenericError"}}) == [
        '/: member "return" is missing from QEMU\'s answer',
        '/: member "error" is not in the example: { "class": "GenericError" }',
    ]


def test_long_values_are_cut_in_a_sentence() -> None:
    (sentence,) = said('<- { "return": 1 }', {"return": "x" * 1000})
    assert len(sentence) < 250
    assert sentence.endswith("x…")


def test_differences_are_located() -> None:
    text = '\n<- { "return": [\n  { "a": 1,\n    "b": 2 }\n] }'
    transcript = parse_transcript(text, PLACE)
    result = held(text, {"return": [{"a": 9, "c": 3}]})
    lines = {d.kind: transcript.line_at(d.offset) for d in result.differences}
    assert lines == {"changed": 12, "missing": 13, "unexpected": 13}
    offsets = [text[d.offset] for d in result.differences]
    assert offsets == ["1", '"', "}"]
    assert transcript.place_at(result.differences[1].offset).line == 13


def test_an_events_timestamp_is_never_compared() -> None:
    event: dict[str, Json] = {"event": "STOP", "timestamp": {"seconds": 1, "microseconds": 2}}
    assert said('<- { "event": "STOP" }', event) == []
    assert said('<- { "event": "STOP", "timestamp": { "seconds": 5 } }', event) == []
    assert said('<- { "event": "STOP", "timestamp": 5 }', {"event": "STOP"}) == []


def test_any_other_timestamp_is_compared() -> None:
    assert said('<- { "return": 1 }', {"return": 1, "timestamp": 2})
    event = '<- { "event": "X", "data": {} }'
    assert said(event, {"event": "X", "data": {"timestamp": 1}})
    nested = '<- { "return": { "event": "X" } }'
    assert said(nested, {"return": {"event": "X", "timestamp": 1}})


def test_a_capture_binds_once_and_holds_ever_after() -> None:
    first = held('<- { "return": [ <x>, { "a": <x> } ] }', {"return": [[1], {"a": [1.0]}]})
    assert not first.differences
    assert first.captures == {"x": [1]}
    assert said('<- { "return": <x> }', {"return": 2}, first.captures) == [
        "/return: expected <x> = [ 1 ], got 2"
    ]


def test_captures_given_are_left_alone() -> None:
    given: dict[str, Json] = {"x": 1}
    assert held('<- { "return": <y> }', {"return": 2}, given).captures == {"x": 1, "y": 2}
    assert given == {"x": 1}


def test_searching_an_array_binds_nothing_by_the_way() -> None:
    text = '<- { "return": [ ..., { "n": <n>, "v": 2 }, ... ] }'
    answer: Json = {"return": [{"n": "a", "v": 1}, {"n": "b", "v": 2}]}
    assert held(text, answer).captures == {"n": "b"}


def test_commands_are_filled_in() -> None:
    pattern = read('-> { "execute": "x", "arguments": { "n": <n>, "l": [ <n>, 1 ] } }')
    sent = substitute(pattern, {"n": {"deep": True}})
    arguments = {"n": {"deep": True}, "l": [{"deep": True}, 1]}
    assert sent == {"execute": "x", "arguments": arguments}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('-> { "a":\n <n> }', "some.md:11: <n> has no value yet; .* (captured so far: <m>)"),
        ("-> {\n ... }", 'some.md:11: .* cannot hold "..."'),
        ('-> { "a": [\n\n ...] }', 'some.md:12: .* cannot hold "..."'),
        ("-> ... anything ...", 'some.md:10: .* cannot hold "..."'),
    ],
)
def test_commands_that_cannot_be_sent_are_refused(text: str, message: str) -> None:
    item = parse_transcript(text, PLACE).items[0]
    assert item.pattern
    with pytest.raises(AuthorError, match=message.replace("(", r"\(").replace(")", r"\)")):
        substitute(item.pattern, {"m": 1})


def test_deeply_nested_answers_are_compared_revised_and_printed() -> None:
    deep: list[Json] = []
    for _ in range(250):
        deep = [deep]
    text = format_message("<-", {"return": deep})
    assert said(text, {"return": deep}) == []
    assert said(revised('<- { "return": 1 }', {"return": deep}), {"return": deep}) == []
    assert len(said(text.replace("[]", "[ 1 ]"), {"return": deep})) == 1


def test_nested_gaps_cost_no_more_than_they_must() -> None:
    depth = 40
    text = "[ ..., " * depth + "1" + ", ... ]" * depth
    answer: Json = 2
    for _ in range(depth):
        answer = [answer]
    before = time.process_time()
    assert said(f'<- {{ "return": {text} }}', {"return": answer})
    assert revised(f'<- {{ "return": {text} }}', {"return": answer})
    assert time.process_time() - before < 5
