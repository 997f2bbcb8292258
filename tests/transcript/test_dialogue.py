# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands at a prompt, and their output with gaps."""

import pytest
from blockdoc.errors import AuthorError, Place
from blockdoc.transcript.dialogue import Exchange, fits, parse_dialogue, revise_lines
from hypothesis import given
from hypothesis import strategies as st

HERE = Place("examples/x.md", 10)
LINE = st.sampled_from(["a", "b", "c d", "", "..", "....", "a ... b"])


def parse(text: str) -> tuple[Exchange, ...]:
    return parse_dialogue(text, HERE, "$ ")


def test_each_prompt_begins_an_exchange_with_its_output_and_status() -> None:
    info = "\n$ qemu-img info x\nimage: x\n\nend\n\n"
    text = info + "$ qemu-img \\\n    foo\nno\n[exit status 1]\n"
    first, second = parse(text)
    assert (first.command, first.line, first.status) == ("qemu-img info x", 11, 0)
    assert first.output == ("image: x", "", "end")
    assert (second.command, second.line, second.status) == ("qemu-img foo", 16, 1)
    assert second.output == ("no",)
    assert text[second.start : second.end] == "no\n[exit status 1]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prose\n$ a\n", "examples/x.md:10: expected a command behind `$ `"),
        ("\n\n", "examples/x.md:10: expected a command behind `$ `"),
        ("\n$ \n", "examples/x.md:11: no command behind `$`"),
    ],
)
def test_what_is_no_dialogue_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(AuthorError) as caught:
        parse(text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("written", "actual", "holds"),
    [
        ("a", "a", True),
        ("a", "a  ", True),
        ("a", "b", False),
        ("1 ops; ... sec", "1 ops; 00.01 sec", True),
        ("1 ops; ... sec", "1 ops; 00.01 sec (x)", False),
        ("... b ...", "a b c", True),
        ("ab...ba", "aba", False),
        ("....", "x", False),
    ],
)
def test_dots_in_a_line_stand_for_any_text(written: str, actual: str, *, holds: bool) -> None:
    assert fits(written, actual) is holds


def test_what_still_holds_is_kept() -> None:
    written = ["image: x", "...", "size: ... bytes", "old", "end"]
    actual = ["image: x", "1", "2", "size: 5 bytes", "new", "end", "more"]
    assert revise_lines(written, actual) == [
        "image: x",
        "...",
        "size: ... bytes",
        "new",
        "end",
        "more",
    ]


@given(st.lists(LINE), st.lists(LINE))
def test_what_was_revised_holds(written: list[str], actual: list[str]) -> None:
    once = revise_lines(written, actual)
    assert revise_lines(once, actual) == once


@given(st.lists(LINE.filter(lambda it: "..." not in it)))
def test_a_lone_gap_stands_for_any_lines(actual: list[str]) -> None:
    assert revise_lines(["..."], actual) == ["..."]
