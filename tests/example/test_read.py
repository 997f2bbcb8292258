# SPDX-License-Identifier: GPL-2.0-or-later
"""Examples are read as MyST reads them, and what is wrong is told with its line."""

from pathlib import Path

import pytest
from blockdoc.errors import AuthorError, Place
from blockdoc.example import Example, parse_example, read_example
from blockdoc.qemu import Build
from blockdoc.transcript import Release

GOOD = """\
---
title: A title
qemu: storage-daemon
args: ["--object", "iothread,id=io0"]
images:
  base.qcow2: 64M
  top.qcow2: {backing: base.qcow2}
  data.img:
    size: 1M
    data: ["write -P 0x11 0 1M"]
---

# Heading

Prose.

```{qmp-example}
:id: first-step
:setup:

-> { "execute": "query-version" }
<- { "return": { ... } }
```

```mermaid
---
id: first-graph
---
flowchart TD
```

```mermaid
flowchart TD
  a --> b
```
"""


def read(text: str) -> Example:
    return parse_example(text, "examples/x.md")


def test_front_matter_names_the_machine_and_its_images_in_order() -> None:
    example = read(GOOD)
    (machine,) = example.machines
    assert machine.kind == "storage-daemon"
    assert machine.args == ("--object", "iothread,id=io0")
    assert [image.name for image in example.images] == ["base.qcow2", "top.qcow2", "data.img"]
    base, top, data = example.images
    assert (base.format, base.size) == ("qcow2", "64M")
    assert (top.backing, top.backing_format, top.size) == ("base.qcow2", "qcow2", None)
    assert (data.format, data.data) == ("raw", ("write -P 0x11 0 1M",))
    assert data.place == Place("examples/x.md", 9)


def test_steps_are_the_fences_with_an_id_in_order() -> None:
    steps = read(GOOD).steps
    assert [(step.id, step.kind) for step in steps] == [
        ("first-step", "qmp"),
        ("first-graph", "graph"),
    ]
    assert "setup" in steps[0].alternatives[0].options


@pytest.mark.parametrize("number", [0, 1])
def test_a_fence_knows_its_offsets_and_lines(number: int) -> None:
    fence = read(GOOD).steps[number].alternatives[0]
    assert GOOD[fence.start : fence.end] == fence.text
    lines = GOOD.splitlines()
    assert lines[fence.place.line - 1].startswith("```")
    assert lines[fence.body.line - 1] == fence.text.splitlines()[0]


def test_title_is_the_heading_when_the_front_matter_has_none() -> None:
    assert read(GOOD.replace("title: A title\n", "")).title == "Heading"
    assert read(GOOD).title == "A title"


def test_an_empty_graph_fence_has_a_body_of_no_lines() -> None:
    text = "```mermaid\n---\nid: g\n---\n```\n"
    fence = read(text).steps[0].alternatives[0]
    assert fence.text == ""
    assert text[: fence.start] == "```mermaid\n---\nid: g\n---\n"


def build(version: str) -> Build:
    return Build(version, Release.parse(version), "a test")


def test_alternatives_share_an_id_and_one_applies() -> None:
    text = (
        "```{qmp-example}\n:id: a\n:when: qemu < 10.0\n\n-> 1\n```\n\n"
        "```{qmp-example}\n:id: a\n:when: qemu >= 10.0\n\n-> 2\n```\n"
    )
    (step,) = read(text).steps
    assert step.fence(build("7.2.22")).text.strip() == "-> 1"
    assert step.fence(build("11.1.3")).text.strip() == "-> 2"


def test_a_fence_that_only_displays_markdown_is_no_step() -> None:
    text = (
        "````markdown\n```{qmp-example}\n:id: shown\n```\n````\n\n"
        + GOOD.partition("---\n\n")[2]
    )
    assert [step.id for step in read(text).steps] == ["first-step", "first-graph"]


def test_colon_fences_are_steps_too() -> None:
    text = ":::{qmp-example}\n:id: colon\n\n-> { }\n:::\n"
    assert read(text).steps[0].id == "colon"


FENCE = '```{{qmp-example}}\n{options}\n\n-> {{ "execute": "quit" }}\n```\n'


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("# No step\n", 1, "no step in this example"),
        (FENCE.format(options=":title: x"), 1, "needs an id"),
        (FENCE.format(options=":id: A b"), 1, "lower-case words"),
        (FENCE.format(options=":id: a\n:colour: red"), 3, "Unknown option key: 'colour'"),
        (FENCE.format(options=":id: a") * 2, 6, "already that of line 1"),
        (FENCE.format(options=":id: a\n:when: qemu >="), 1, "qemu"),
        ("```{qmp-example} words\n:id: a\n```\n", 1, "unexpected 'words'"),
        ("- list\n\n  ```{qmp-example}\n  :id: a\n\n  -> 1\n  ```\n", 3, "left margin"),
        (
            "````{note}\n```{qmp-example}\n:id: a\n\n-> 1\n```\n````\n",
            2,
            "stands inside {note}",
        ),
        ("text\n\n```{qmp-example}\n:id: a\n\n-> 1\n", 3, "not closed"),
        ("---\nqemu: bochs\n---\n", 2, "expected storage-daemon or system"),
        ("---\nimages:\n  a.qcow2: {backing: b.qcow2}\n---\n", 3, "not made before it"),
        ("---\nimages:\n  a.qcow2: {colour: red}\n---\n", 3, "unknown key 'colour'"),
        ("---\nimages:\n  a.qcow2: {format: qcow2}\n---\n", 3, "say its size"),
        ("---\nimages:\n  ../a.qcow2: 1M\n---\n", 3, "plain file name"),
        ("---\nimages:\n  a.qcow2: lots\n---\n", 3, "such as 64M"),
        ("---\nimages: [a]\n---\n", 2, "`name: value` lines"),
        ("---\nargs: -x\n---\n", 2, "expected a list"),
        ("---\nqemu: system\nqemu: system\n---\n", 3, "there twice"),
        ("---\nqemu: [\n---\n", 2, "not YAML"),
        ("---\nrequires: qemu maybe\n---\n", 2, "qemu"),
        ("a\r\n", 1, "CR LF"),
        ("\ufeff---\ntitle: x\n---\n", 1, "byte order mark"),
        ("a\n\fb\n", 2, "U+000C"),
        ("a\n\nb\u2028c\n", 3, "U+2028"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(AuthorError) as caught:
        read(text)
    assert message in caught.value.message
    assert caught.value.place is not None
    assert caught.value.place.line == line


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "x.md"
    page.write_bytes(b"\xff\xfe")
    with pytest.raises(AuthorError, match=r"x\.md:1: not UTF-8"):
        read_example(page, tmp_path)
