# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever is done to an example, it is read, or refused at one of its lines."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from blockdoc.errors import AuthorError, Place
from blockdoc.example import parse_example, read_example
from blockdoc.example.front_matter import read_front_matter
from blockdoc.graph import parse_mermaid
from blockdoc.transcript import CONSOLE, MONITOR, Condition, parse_dialogue, parse_transcript
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

GOOD = """\
---
title: A title
args: ["--object", "iothread,id=io0"]
images:
  base.qcow2: 64M
  top.qcow2: {backing: base.qcow2, data: ["write 0 1M"]}
requires: qemu >= 7.2
timeout: 60
---

# Heading

```{qmp-example}
:id: first-step
:when: qemu < 10.0

-> { "execute": "query-jobs", "arguments": { "a": [ 1, 2.5e3, true ] } }
<- { "return": [ { "id": <job>, 'status': "ready", ... }, ... and more ... ] }
...
<- { "event": "STOP", "data": { "x": "\\u00e9" } }
```

> ```{note}
> - a
> ```

:::{console-example}
:id: third-step
:timeout: 5

$ qemu-img info \\
  base.qcow2
image: ...
[exit status 1]
:::

```{hmp-example}
---
id: monitor
---
(qemu) info block
```

```mermaid
---
id: first-graph
---
flowchart TD
  n_top["top<br>qcow2"]
  n_file["file<br>file"]
  n_top -->|"file<br>rw-s / r-u-"| n_file
```
"""
LINES = GOOD.splitlines(keepends=True)
#: What a page, YAML, JSON or a shell might take for more than text.
SPICE = st.sampled_from(
    [
        *"`~:-<>{}[]()\"'\\|&*!#%@,.?=+$^_;/ \t\n\r\0\x07\x85é\u2028\ufeff\U0001f40e",
        *("...", "-> ", "<- ", "---\n", "```", "````{note}\n", "{qmp-example}", ":id:", "? "),
        *("- ", "&a ", "*a", "!!python/object:x ", "<<: ", "%YAML 9.9\n", "{{", "\ud800"),
        *("| ", "> ", "(qemu) ", "$ "),
    ]
)
STRANGE = re.compile("[\x00-\x08\x0b-\x1f\x85\u2028\u2029\ud800-\udfff]")
PLACE = Place("examples/x.md", 1)


@st.composite
def meddled(draw: DrawFn) -> str:
    """Do something to a good example, a few times."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, max(len(lines) - 1, 0)))
        what = draw(
            st.sampled_from(["delete", "double", "move", "spice", "cut", "many", "join"])
        )
        line = lines[at] if lines else ""
        column = draw(st.integers(0, len(line)))
        if what == "delete":
            lines[at : at + 1] = []
        elif what == "double":
            lines.insert(at, line)
        elif what == "move":
            lines.insert(draw(st.integers(0, len(lines))), line)
        elif what == "spice":
            lines[at : at + 1] = [line[:column] + draw(SPICE) + line[column:]]
        elif what == "cut":
            lines[at : at + 1] = [line[:column]]
        elif what == "many":
            times = draw(st.sampled_from([2, 100, 3000]))
            lines[at : at + 1] = [line[:column] + draw(SPICE) * times + line[column:]]
        else:
            lines[at : at + 2] = ["".join(lines[at : at + 2]).replace("\n", "", 1)]
    return "".join(lines)


def check(read: Callable[[], object], text: str) -> None:
    """Read; an error must be the author's, and stand at a line of the text."""
    error = refused(read)
    if error is not None:
        assert error.place is not None
        assert 1 <= error.place.line <= text.count("\n") + 1
        assert error.message.strip()


def refused(read: Callable[[], object]) -> AuthorError | None:
    """Return what is said, if something is."""
    try:
        read()
    except AuthorError as error:
        return error
    return None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(meddled())
def test_an_example_is_read_or_refused_at_one_of_its_lines(text: str) -> None:
    check(lambda: parse_example(text, PLACE.path), text)


READERS: dict[str, Callable[[str], object]] = {
    "transcript": lambda text: parse_transcript(text, PLACE),
    "console": lambda text: parse_dialogue(text, PLACE, CONSOLE),
    "monitor": lambda text: parse_dialogue(text, PLACE, MONITOR),
    "graph": lambda text: parse_mermaid(text, PLACE),
    # Characters of which it has another opinion are refused before it.
    "front matter": lambda text: read_front_matter(STRANGE.sub("", text), PLACE),
    "condition": lambda text: Condition.parse(text, PLACE),
}


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=100, deadline=None, derandomize=True)
@given(text=meddled() | st.text(max_size=40) | st.lists(SPICE, max_size=30).map("".join))
def test_each_part_is_read_or_refused_at_one_of_its_lines(name: str, text: str) -> None:
    check(lambda: READERS[name](text), text)


@pytest.mark.parametrize("start", [0, 1, 10, 17, 34, 53])
def test_the_good_example_is_good(start: int) -> None:
    check(lambda: parse_example("".join(LINES[start:]), PLACE.path), GOOD)
    assert [step.id for step in parse_example(GOOD, PLACE.path).steps] == [
        "first-step",
        "third-step",
        "monitor",
        "first-graph",
    ]


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "x.md"
    path.write_bytes(data)
    check(lambda: read_example(path, Path("/nowhere")), data.decode(errors="replace"))
