# SPDX-License-Identifier: GPL-2.0-or-later
"""Fuzzes the readers by coverage, for as long as you like; needs atheris (``pip install``).

::

    .venv/bin/pip install atheris
    .venv/bin/python tests/fuzz/parsers.py -max_total_time=60          all readers
    .venv/bin/python tests/fuzz/parsers.py READER -max_total_time=60   one of them
    .venv/bin/python tests/fuzz/parsers.py example build/fuzz examples/jobs    from there on

Anything but a value or an `AuthorError` at a line of the text is a crash, and leaves the
input in a file ``crash-…``; so does an input that takes longer than ``-timeout`` seconds.
"""

import sys
from collections.abc import Callable

import atheris

with atheris.instrument_imports(include=["blockdoc"]):
    from blockdoc.errors import AuthorError, Place
    from blockdoc.example import parse_example
    from blockdoc.graph import parse_mermaid
    from blockdoc.transcript import (
        CONSOLE,
        Condition,
        apply_edits,
        match,
        parse_dialogue,
        parse_transcript,
        revise,
    )

PLACE = Place("x.md", 1)
#: What `messages` are held against.
ANSWERS = (
    {"return": [{"a": 1, "b": [1, 2, "x"]}, None, True, "é"]},
    {"event": "STOP", "data": {"id": "j"}, "timestamp": {"seconds": 1}},
    {"error": {"class": "GenericError", "desc": "no"}},
)


def messages(text: str) -> None:
    """Hold each message against some answers; what is revised must match."""
    for item in parse_transcript(text, PLACE).items:
        for answer in ANSWERS:
            if item.pattern is not None:
                _revised(text, item.start, answer)


def _revised(text: str, start: int, answer: dict[str, object]) -> None:
    item = next(it for it in parse_transcript(text, PLACE).items if it.start == start)
    assert item.pattern is not None
    edits = revise(item.pattern, answer, {})  # type: ignore[arg-type]
    after = parse_transcript(apply_edits(text, edits), PLACE)
    again = next(it for it in after.items if it.start == start)
    assert again.pattern is not None
    result = match(again.pattern, answer, {})  # type: ignore[arg-type]
    assert not result.differences, text


READERS: dict[str, Callable[[str], object]] = {
    "example": lambda text: parse_example(text, PLACE.path),
    "front-matter": lambda text: parse_example(f"---\n{text}\n---\n", PLACE.path),
    "step": lambda text: parse_example(f"```{{qmp-example}}\n{text}\n```\n", PLACE.path),
    "transcript": lambda text: parse_transcript(text, PLACE),
    "messages": lambda text: messages(f"<- {text}"),
    "console": lambda text: parse_dialogue(text, PLACE, CONSOLE),
    "graph": lambda text: parse_mermaid(text, PLACE),
    "condition": lambda text: Condition.parse(text, PLACE),
}


def main(arguments: list[str]) -> None:
    """Fuzz the reader that is named first, or all."""
    names = [name for name in arguments[1:2] if name in READERS] or list(READERS)
    rest = [word for word in arguments if word not in READERS]

    def test(data: bytes) -> None:
        name = names[data[0] % len(names)] if data else names[0]
        text = data[len(names) > 1 :].decode(errors="ignore")
        try:
            READERS[name](text)
        except AuthorError as error:
            lines = text.count("\n") + 4
            if error.place is None or not 1 <= error.place.line <= lines:
                raise AssertionError(f"{name}: {error}") from error

    atheris.Setup(rest, test)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
