# SPDX-License-Identifier: GPL-2.0-or-later
"""Four times the text takes about four times as long, whatever the text is.

Sixteen times would be quadratic.  Processor time is measured, of the best of three.
"""

import contextlib
import gc
import time
from collections import deque
from collections.abc import Callable

import pytest
from blockdoc.errors import AuthorError, Place
from blockdoc.example import parse_example
from blockdoc.graph import parse_mermaid
from blockdoc.transcript import (
    CONSOLE,
    Condition,
    Json,
    apply_edits,
    format_message,
    match,
    parse_dialogue,
    parse_transcript,
    revise,
    revise_lines,
)

PLACE = Place("examples/x.md", 1)
#: Sizes, and how much more the larger may take; below NOISE, in seconds, it does not count.
SMALL = 2_000
TIMES = 4
MOST = 10
NOISE = 0.03

STEP = "```{qmp-example}\n:id: a\n\n"
GRAPH = 'flowchart TD\n  a["a<br>raw"]\n'


def numbered(count: int, entry: str, joint: str = ", ") -> str:
    return joint.join(entry.replace("#", str(number)) for number in range(count))


def compared(pattern: str, actual: Json) -> None:
    """Match, tell, revise and lay out one message."""
    text = f"<- {{ 'return': {pattern} }}"
    (item,) = parse_transcript(text, PLACE).items
    assert item.pattern is not None
    message = {"return": actual}
    for difference in match(item.pattern, message, {}).differences:
        str(difference)
    apply_edits(text, revise(item.pattern, message, {}))
    format_message("<-", message)


TRANSCRIPTS: dict[str, Callable[[int], str]] = {
    "arrows": lambda n: "-> " * n,
    "lines of arrows": lambda n: "->\n" * n,
    "messages": lambda n: '-> { "a": 1 }\n' * n,
    "dots": lambda n: "." * n,
    "lines of dots": lambda n: "...\n" * n,
    "elisions": lambda n: f"<- {{ {'... ' * n} }}",
    "elisions with words": lambda n: f"<- {{ 'a': [ {'... x ' * n} ] }}",
    "an elision of blanks": lambda n: f"<- {{ ...{' ' * n} }}",
    "an elision without end": lambda n: f"<- {{ ... {'x ' * n} }}",
    "braces": lambda n: "<- " + "{ 'a': " * n,
    "a long string": lambda n: f"<- {{ 'a': '{'x' * n}' }}",
    "an open string": lambda n: "<- { 'a': '" + "x" * n,
    "backslashes": lambda n: "<- { 'a': " + '"\\' * n,
    "escapes": lambda n: f"<- {{ 'a': '{chr(92)}n{'n' * n}' }}",
    "blanks": lambda n: " " * n + "x",
    "blank lines": lambda n: "-> {}" + "\n" * n + "x",
    "digits": lambda n: "<- { 'a': " + "1" * n,
    "members": lambda n: f"<- {{ {numbered(n, chr(39) + '#' + chr(39) + ': 1')} }}",
    "commas": lambda n: "<- { 'a': [" + "," * n,
    "captures without end": lambda n: "<- { 'a': " + "<a" * n,
}
PAGES: dict[str, Callable[[int], str]] = {
    "messages": lambda n: STEP + "-> {}\n" * n + "```\n",
    "steps": lambda n: numbered(n // 4, STEP.replace(": a", ": a#") + "-> {}\n```\n", ""),
    "alternatives": lambda n: (
        (STEP.replace("a\n", "a\n:when: qemu < 5.0\n") + "-> {}\n```\n") * (n // 4)
    ),
    "headings": lambda n: "# x\n" * n,
    "brackets": lambda n: "[" * n,
    "quotes": lambda n: "> " * n,
    "items": lambda n: "- " * n,
    "stars": lambda n: "*a " * n,
    "backticks": lambda n: "`" * n,
    "fences that stay open": lambda n: "````{note}\n" * n,
    "a list in YAML": lambda n: f"---\nargs: [{'a, ' * n}]\n---\n",
    "lists in lists in YAML": lambda n: f"---\nargs: {'[' * n}\n---\n",
    "items in items in YAML": lambda n: f"---\nargs:\n  {'- ' * n}\n---\n",
    "keys in YAML": lambda n: f"---\n{numbered(n, 'a#: 1', chr(10))}\n---\n",
    "images": lambda n: f"---\nimages:\n{numbered(n, ' a#: 1M', chr(10))}\n---\n",
    "options": lambda n: f"```{{qmp-example}}\n{':id: a' * n}\n```\n",
}
MESSAGES: dict[str, Callable[[int], tuple[str, Json]]] = {
    "captures": lambda n: (
        f"[ {numbered(n, '<a#>')} ]",
        list(range(n)),
    ),
    "one capture": lambda n: (f"[ {numbered(n, '<a>')} ]", list(range(n))),
    "elements that are gone": lambda n: (f"[ {numbered(n, '[ #, { } ]')} ]", []),
    "elements that came": lambda n: ("[]", list(range(n))),
    "members that came": lambda n: ("{ 'a': 1 }", {str(it): it for it in range(n)}),
    "elements that changed": lambda n: (f"[ {numbered(n, '1')} ]", [2] * n),
    "a string that came": lambda n: ("[]", "x" * n),
    "gaps, found": lambda n: (f"[ {numbered(n, '..., 1')} ]", [0, 1] * n),
    "a run, not found": lambda n: (f"[ ..., {numbered(100, '1')}, 2, ... ]", [1] * n),
    "nesting": lambda n: ("[" * (n // 40) + "1" + "]" * (n // 40), [1]),
}
OTHERS: dict[str, Callable[[int], object]] = {
    "nodes of a graph": lambda n: parse_mermaid(
        "flowchart TD\n" + numbered(n, '  n_#["#<br>raw"]', "\n"), PLACE
    ),
    "edges of a graph": lambda n: parse_mermaid(
        GRAPH + '  a -->|"file<br>rw-s / r-u-"| a\n' * n, PLACE
    ),
    "a node without end": lambda n: parse_mermaid('flowchart TD\n  a["' + "<br>" * n, PLACE),
    "prompts": lambda n: parse_dialogue("$ a\n" * n, PLACE, CONSOLE),
    "output": lambda n: parse_dialogue("$ a\n" + "b\n" * n, PLACE, CONSOLE),
    "a command of many lines": lambda n: parse_dialogue("$ a" + "\\\n" * n, PLACE, CONSOLE),
    "gaps in a line": lambda n: revise_lines(["..." + "a..." * n], ["ab" * n]),
    "conditions": lambda n: Condition.parse("qemu >= 1.0," * n, PLACE),
    "blanks in a condition": lambda n: Condition.parse(f"qemu{' ' * n}x", PLACE),
}


def _took(work: Callable[[], object]) -> float:
    gc.collect()
    started = time.process_time()
    with contextlib.suppress(AuthorError):
        work()
    return time.process_time() - started


def _grows_evenly(work: Callable[[int], object]) -> bool:
    for _ in range(3):
        small = min(_took(lambda: work(SMALL)) for _ in range(3))  # the machine may be busy
        large = _took(lambda: work(SMALL * TIMES))
        if large < small * MOST + NOISE:
            return True
    return False


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_transcript_is_read_in_even_time(name: str) -> None:
    assert _grows_evenly(lambda n: parse_transcript(TRANSCRIPTS[name](n), PLACE))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_in_even_time(name: str) -> None:
    assert _grows_evenly(lambda n: parse_example(PAGES[name](n), PLACE.path))


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_compared_in_even_time(name: str) -> None:
    assert _grows_evenly(lambda n: compared(*MESSAGES[name](n)))


@pytest.mark.parametrize("name", OTHERS)
def test_the_rest_is_read_in_even_time(name: str) -> None:
    assert _grows_evenly(OTHERS[name])


def test_quadratic_time_would_be_noticed() -> None:
    assert not _grows_evenly(lambda n: deque(range(n * n // 2), maxlen=0))
