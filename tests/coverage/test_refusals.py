# SPDX-License-Identifier: GPL-2.0-or-later
"""What QEMU says when it refuses, and where releases differ in it."""

from blockdoc.coverage import Answer, Fence, Message, Other, answers, messages
from blockdoc.errors import Place
from blockdoc.transcript import parse_transcript

OLD, NEW, ANY = "qemu < 10.0", "qemu >= 10.0", ""


def said(reply: str) -> Answer:
    text = f'-> {{ "execute": "query-jobs" }}\n<- {reply}\n'
    (answer,) = answers(parse_transcript(text, Place("one.md", 1)))
    return answer


def fence(step: str, when: str, *texts: str) -> Fence:
    """Make a fence of commands that are refused with these texts; `-` is a success."""
    answered = (
        Answer("quit", returned=True) if text == "-" else Answer("quit", "GenericError", text)
        for text in texts
    )
    return Fence(step, when, tuple(answered))


def test_an_error_has_its_class_and_its_words() -> None:
    """The order of the members does not matter."""
    reply = '{ "error": { "desc": "no \\"x\\"", "class": "DeviceNotFound" } }'
    assert said(reply) == Answer("query-jobs", "DeviceNotFound", 'no "x"')


def test_an_error_that_is_left_out_has_no_words() -> None:
    """Whole, or in part."""
    for reply in (
        '{ "error": ... }',
        '{ "error": { "class": "GenericError", "desc": ... } }',
        '{ "error": { "class": "GenericError", ... } }',
        '{ "error": { "class": "GenericError", "desc": <words> } }',
    ):
        assert said(reply).desc == ""
        assert not messages([Fence("one", ANY, (said(reply),))])


def test_a_success_says_so() -> None:
    """It is no error without words."""
    assert said('{ "return": [] }') == Answer("query-jobs", returned=True)


def test_the_same_words_are_one_message_with_all_its_steps() -> None:
    """Each step once."""
    found = messages([fence("one", ANY, "busy", "busy"), fence("two", ANY, "busy")])
    expected = Message("quit", "GenericError", "busy", (("one", ANY), ("two", ANY)), ())
    assert found == [expected]


def test_releases_that_say_something_else_are_named() -> None:
    """Both ways, and only for the command that differs."""
    fences = [fence("one", OLD, "a", "x"), fence("one", NEW, "b", "x")]
    others = {it.desc: it.others for it in messages(fences)}
    assert others == {"a": (Other(NEW, "b"),), "b": (Other(OLD, "a"),), "x": ()}


def test_a_release_that_does_not_refuse_is_named() -> None:
    """Without words."""
    (message,) = messages([fence("one", OLD, "a"), fence("one", NEW, "-")])
    assert message.others == (Other(NEW, ""),)


def test_alternatives_with_other_commands_are_not_compared() -> None:
    """The second command of one is not the second of the other."""
    longer = fence("one", NEW, "-", "a")
    (message,) = messages([fence("one", OLD, "a"), longer])
    assert message.others == ()
    assert message.steps == (("one", ANY),)


def test_releases_are_named_where_some_say_it() -> None:
    """Where all do, the step is enough."""
    fences = [fence("one", OLD, "a", "x"), fence("one", NEW, "b", "x")]
    steps = {it.desc: it.steps for it in messages(fences)}
    assert steps == {"a": (("one", OLD),), "b": (("one", NEW),), "x": (("one", ANY),)}
