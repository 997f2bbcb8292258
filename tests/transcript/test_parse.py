# SPDX-License-Identifier: GPL-2.0-or-later
"""The grammar, by its corpus and by the line."""

from pathlib import Path

import pytest
from blockdoc.errors import AuthorError, Place
from blockdoc.transcript import (
    Capture,
    Command,
    Elided,
    Elision,
    Event,
    Reply,
    Scalar,
    parse_transcript,
)
from transcript_support import PLACE, read

#: A case is numbered from its second line: the first says what it shows.
CASE = Place("case.qmp", 1)
CASES = Path(__file__).parent.parent / "cases"


def _cases(folder: str) -> list[Path]:
    return sorted((CASES / folder).glob("*.qmp"))


def _text(case: Path) -> str:
    """Read a case; its first line says what it shows."""
    head, _, text = case.read_text("utf-8").partition("\n")
    assert head.startswith("# ")
    return text


def test_there_is_a_corpus() -> None:
    assert len(_cases("ok")) >= 10
    assert len(_cases("fail")) >= 20


@pytest.mark.parametrize("case", _cases("ok"), ids=lambda case: case.stem)
def test_what_the_grammar_allows_is_read(case: Path) -> None:
    expected = case.with_suffix(".txt").read_text("utf-8").split()
    items = parse_transcript(_text(case), CASE).items
    assert [f"{item.line}:{type(item).__name__}" for item in items] == expected


@pytest.mark.parametrize("case", _cases("fail"), ids=lambda case: case.stem)
def test_what_it_does_not_allow_is_refused_in_one_line(case: Path) -> None:
    with pytest.raises(AuthorError) as caught:
        parse_transcript(_text(case), CASE)
    place = caught.value.place
    assert place is not None
    assert f"{place.line}: {caught.value.message}\n" == case.with_suffix(".txt").read_text(
        "utf-8"
    )


def test_every_error_begins_with_path_and_line() -> None:
    with pytest.raises(AuthorError, match=r"^examples/jobs/some\.md:12: `->` must stand"):
        parse_transcript("\n\n  -> {}", PLACE)


def test_items_know_their_kind_and_place() -> None:
    text = '\n-> {}\n<- { "return": {} }\n\n... whatever ...\n<- { "event": "STOP" }  \n'
    items = parse_transcript(text, PLACE).items
    assert [type(item) for item in items] == [Command, Reply, Elision, Event]
    assert [item.line for item in items] == [11, 12, 14, 15]
    spans = [text[item.start : item.end] for item in items]
    assert spans == [
        "-> {}",
        '<- { "return": {} }',
        "... whatever ...",
        '<- { "event": "STOP" }',
    ]


def test_an_event_knows_its_name() -> None:
    texts = ['<- { "event": "STOP" }', '<- { "event": ... }', '<- { "event": <e> }']
    names = [parse_transcript(text, PLACE).items[0] for text in texts]
    assert [event.name for event in names if isinstance(event, Event)] == ["STOP", None, None]


def test_gaps_and_captures_are_values() -> None:
    pattern = read('<- { "return": <all>, "id": ... some number ..., "n": -1.5e1 }')
    kinds = [type(member.value) for member in pattern.members]
    assert kinds == [Capture, Elided, Scalar]
    assert pattern.get("n") == Scalar(pattern.source, 54, 60, -15.0)
    assert pattern.get("none such") is None


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("[ ..., 1, ... ]", ["", 1, ""]),
        ("[ ... , 1, ... ]", ["", 1, ""]),
        ("[ ... 1 ... ]", ["", 1, ""]),
        ("[ ... true, ... ]", ["", True, ""]),
        ("[ ... 1 more ... ]", ["1 more"]),
        ("[ ... one, two, ... ]", ["one, two,"]),
        ('[ ... "one" ... ]', ["", "one", ""]),
        ("[ 1 ... 2 ]", [1, "", 2]),
        ("[ 1... ]", [1, ""]),
        ("[ ... the job's own ... ]", ["the job's own"]),
    ],
)
def test_text_between_dots_is_told_from_values_between_gaps(
    text: str, entries: list[object]
) -> None:
    array = read(f'<- {{ "return": {text} }}').get("return")
    found = [e.text if isinstance(e, Elided) else e.value for e in array.entries]  # type: ignore[union-attr]
    assert found == entries


def test_strings_are_read_as_qemu_reads_them() -> None:
    text = r"""-> { 'a': '"it\'s"', "b": "it's \" \/ \u00e9 \ud83d\udc0e\n" }"""
    values = [member.value for member in read(text).members]
    assert [v.value for v in values if isinstance(v, Scalar)] == [
        '"it\'s"',
        "it's \" / é \U0001f40e\n",
    ]


def test_as_deep_as_qemu_and_no_deeper() -> None:
    def nested(depth: int) -> str:
        return '-> { "a": ' + "[" * (depth - 1) + "]" * (depth - 1) + " }"

    assert read(nested(1024))
    with pytest.raises(AuthorError, match="deeper than the 1024 levels"):
        read(nested(1025))
