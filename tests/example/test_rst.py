# SPDX-License-Identifier: GPL-2.0-or-later
"""Examples in reStructuredText say what the same in Markdown say."""

import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from textwrap import indent

import pytest
from blockdoc.cli import main
from blockdoc.errors import AuthorError, Place
from blockdoc.example import examples_below, parse_example

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "docs/_data/schema"
EXAMPLES = list(examples_below(ROOT / "examples"))
FRONT = """
qemu: system
args: ["-machine", "q35"]
images:
  disk.qcow2: 64M
requires: qemu >= 7.2
"""
MARKDOWN = f"""---{FRONT}---

# A node

```{{qmp-example}}
:id: one
:when: qemu >= 10.0

-> {{ "execute": "query-jobs",

     "id": 7 }}
<- {{ "return": [] }}
```

```{{qmp-example}}
:id: one
:when: qemu < 10.0

-> {{ "execute": "query-jobs" }}
<- {{ "return": [] }}
```

```{{console-example}}
:id: two

$ qemu-img info disk.qcow2
```
"""
RST = """.. SPDX-License-Identifier: GPL-2.0-or-later

:qemu: system
:args: ["-machine", "q35"]
:images:
  disk.qcow2: 64M
:requires: qemu >= 7.2

A node
======

See :doc:`/index`.

.. only:: html

   Words.

.. qmp-example::
   :id: one
   :when: qemu >= 10.0

   -> { "execute": "query-jobs",

        "id": 7 }
   <- { "return": [] }

.. qmp-example::
    :id: one
    :when: qemu < 10.0

    -> { "execute": "query-jobs" }
    <- { "return": [] }

.. code-block:: rst

   .. qmp-example::
      :id: shown-only

      -> { "execute": "query-jobs" }

.. console-example::
   :id: two

   $ qemu-img info disk.qcow2
"""


def said(text: str) -> tuple[object, ...]:
    """Return what an example says, without where it says so."""
    suffix = "rst" if text.startswith((".. ", ":")) else "md"
    it = parse_example(text, f"examples/x.{suffix}")
    steps = [
        (
            step.id,
            step.kind,
            [
                (fence.text.strip("\n"), fence.options, str(fence.when))
                for fence in step.alternatives
            ],
        )
        for step in it.steps
    ]
    anywhere = Place("", 0)
    machines = [replace(machine, place=anywhere) for machine in it.machines]
    images = [replace(image, place=anywhere) for image in it.images]
    return it.title, machines, images, it.timeout, str(it.requires), it.shows, steps


def test_it_says_what_the_same_in_markdown_says():
    assert said(RST) == said(MARKDOWN)


def test_places_are_those_of_the_file_and_a_body_is_written_back_as_it_was():
    lines = RST.splitlines()
    for step in parse_example(RST, "examples/x.rst").steps:
        for fence in step.alternatives:
            assert lines[fence.place.line - 1].startswith(f".. {step.kind}-example::")
            assert lines[fence.body.line - 1].strip() == fence.text.splitlines()[0]
            assert fence.written(fence.text) == RST[fence.start : fence.end]


def test_a_step_without_a_text_is_one_and_a_text_comes_below_its_options():
    text = ".. qmp-example::\n   :id: one\n   :setup:\n\nText.\n"
    (step,) = parse_example(text, "examples/x.rst").steps
    (fence,) = step.alternatives
    assert (fence.text, fence.body.line) == ("", 4)
    new = text[: fence.start] + fence.written("...\n") + text[fence.end :]
    assert new == ".. qmp-example::\n   :id: one\n   :setup:\n\n   ...\n\nText.\n"
    (again,) = parse_example(new, "examples/x.rst").steps
    assert again.alternatives[0].text == "...\n"


@pytest.mark.parametrize("topic", sorted({it.parent.name for it in EXAMPLES}))
def test_every_example_of_the_guide_says_the_same_in_rst(topic: str):
    for file in (it for it in EXAMPLES if it.parent.name == topic):
        text = file.read_text(encoding="utf-8")
        if "\t" in text:  # what docutils reads as blanks
            with pytest.raises(AuthorError, match="a tab"):
                said(in_rst(text))
        else:
            assert said(in_rst(text)) == said(text), file


def in_rst(markdown: str) -> str:
    """Write the front matter as fields, and each step as a directive."""
    front = markdown.split("---\n", 2)[1] if markdown.startswith("---\n") else ""
    example = parse_example(markdown, "examples/x.md")
    fields = re.sub(r"^([\w-]+):", r":\1:", front, flags=re.MULTILINE)
    parts = [f"{fields}\n{example.title}\n{'=' * len(example.title)}\n"]
    for step in example.steps:
        name = "mermaid" if step.kind == "graph" else f"{step.kind}-example"
        for fence in step.alternatives:
            options = "".join(f"   :{key}: {it}\n" for key, it in fence.options.items())
            parts.append(f".. {name}::\n{options}\n{indent(fence.text, '   ')}")
    return "\n".join(parts)


STEP = '.. qmp-example::\n   :id: one\n\n   -> { "execute": "query-jobs" }\n'
WRONG = [
    ("Title\n=====\n", 1, "no step in this example; write a .. qmp-example::"),
    (STEP.replace(":id:", ":ident:"), 1, 'qmp-example: unknown option: "ident"'),
    (STEP.replace(":id: one", ":title: one"), 1, "a step needs an id of its own"),
    (STEP.replace("one", "One"), 1, "expected lower-case words"),
    (f"- An item.\n\n{STEP}".replace(".. ", "  .. ").replace("   ", "     "), 3, "left margin"),
    (STEP.replace("   -> {", "   -> \t{"), 4, "a tab"),
    (f":qemu: system\n:imges: x\n\n{STEP}", 2, "imges"),
    (f"{STEP}\nText.\n\n{STEP}", 8, "already that of line 1"),
]


@pytest.mark.parametrize(("text", "line", "message"), WRONG)
def test_a_mistake_is_told_at_its_line(text: str, line: int, message: str):
    with pytest.raises(AuthorError) as caught:
        parse_example(text, "examples/x.rst")
    assert message in str(caught.value)
    assert caught.value.place
    assert caught.value.place.line == line, caught.value


def test_what_docutils_cannot_read_is_told_in_one_line():
    deep = "".join(f"{'  ' * depth}- x\n\n" for depth in range(700))
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)  # Hypothesis has raised it
    try:
        with pytest.raises(AuthorError, match=r"examples/x\.rst:\d+: "):
            parse_example(deep + STEP, "examples/x.rst")
    finally:
        sys.setrecursionlimit(usual)


def test_it_is_checked_and_exported_as_the_same_in_markdown_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(SCHEMAS, tmp_path / "docs/_data/schema")
    (tmp_path / "docs/page.rst").write_text("Page\n====\n", encoding="utf-8")
    page = tmp_path / "examples/jobs/x.rst"
    page.parent.mkdir(parents=True)
    page.write_text(STEP.replace("query-jobs", "query-job"), encoding="utf-8")
    assert main(["lint"]) == 1
    assert "examples/jobs/x.rst:4: " in capsys.readouterr().out
    assert main(["lint", "docs/page.rst"]) == 2
    page.write_text(STEP, encoding="utf-8")
    assert main(["lint"]) == 0
    for name in ("one", "jobs/x", "examples/jobs/x.rst"):
        capsys.readouterr()
        assert main(["export", "--rst", name]) == 0
        assert "query-jobs" in capsys.readouterr().out
