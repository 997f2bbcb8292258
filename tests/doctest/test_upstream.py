# SPDX-License-Identifier: GPL-2.0-or-later
"""`blockdoc run`: examples of QEMU's documentation, as a sidecar says."""

import json
from pathlib import Path

import pytest
from blockdoc.cli import main

PAGE = """\
Title
=====

Resize::

    (QEMU) block_resize node-name=node0 size=2097152
    {
        "return": {}
    }
    (QEMU) query-block-jobs

.. code-block:: QMP

   -> { "execute": "query-named-block-nodes",
        "arguments": { "flat": true, } }
   <- { "return": [ { "node-name": "node0", "image": { "virtual-size": 1 } } ] }

Second
------

.. code-block:: QMP

   -> { "execute": "blockdev-del", "arguments": { "node-name": "/some/name" } }

And it answers:

.. code-block:: QMP

   <- { "return": {} }
"""
SIDECAR = """\
qemu: storage-daemon
images: { disk.raw: 1M }
---
ignore: [virtual-size]
sessions:
  resize:
    - &add
      qmp: |
        -> { "execute": "blockdev-add", "arguments": { "driver": "raw", "node-name": "node0",
             "file": { "driver": "file", "filename": "disk.raw", "node-name": "file0" } } }
        <- { "return": {} }
    - console: qemu-img create -q -f raw other.raw 1M
    - block: (QEMU) block_resize
    - block: "-> { \\"execute\\": \\"query-named"
  remove:
    - *add
    - block: "-> { \\"execute\\": \\"blockdev-del"
      section: Second
      replace: { /some/name: node0 }
    - block: "<- {"
"""


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("examples/upstream").mkdir(parents=True)
    Path("examples/upstream/page.yaml").write_text(SIDECAR, encoding="utf-8")
    path = Path("page.rst")
    path.write_text(PAGE, encoding="utf-8")
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], str]:
    status = main(["run", *arguments])
    out, err = capsys.readouterr()
    return status, out.splitlines(), err


def test_each_command_has_a_verdict_at_its_line(page: Path, capsys: pytest.CaptureFixture[str]):
    status, lines, summary = run(capsys, str(page))
    assert status == 1
    brief = [line.split(": ", 2)[:2] for line in lines if line.startswith("page.rst")]
    assert brief == [
        ["page.rst:15", "failed"],
        ["page.rst:6", "passed"],
        ["page.rst:10", "passed"],
        ["page.rst:14", "failed"],
        ["page.rst:23", "passed"],
    ]
    assert "2 sessions, 8 steps, 2 failed" in summary
    assert any("element 1 is not in the example" in line for line in lines)


def test_a_line_chooses_the_sessions_in_which_it_is(
    page: Path, capsys: pytest.CaptureFixture[str]
):
    status, lines, _ = run(capsys, f"{page}:23")
    assert (status, lines[0]) == (0, "# remove")
    assert not any(line.startswith("# resize") for line in lines)


def test_json_lists_what_did_not_pass(page: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["run", str(page), "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [(it["line"], it["kind"], it["id"]) for it in found] == [
        (15, "failed", "resize"),
        (14, "failed", "resize"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\n---\n", "\n", "examples/upstream/page.yaml:1: "),
        ("- console: ", "- shell: ", "page.yaml:12: unknown key 'shell'"),
        ("section: Second", "section: Third", "page.yaml:17: no block of 'Third' begins"),
        ("(QEMU) block_resize", "(QEMU) nothing", "page.yaml:13: no block behind the last"),
        ("/some/name:", "/other/name:", "page.yaml:17: '/other/name' is not in the block"),
        ("sessions:", "sessions", "page.yaml:"),
        ("qemu: storage-daemon", "qemu: laptop", "page.yaml:1: qemu: 'laptop'"),
    ],
)
def test_a_bad_sidecar_gets_one_line(
    page: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
):
    sidecar = Path("examples/upstream/page.yaml")
    sidecar.write_text(SIDECAR.replace(old, new), encoding="utf-8")
    status, lines, said = run(capsys, str(page))
    assert (status, lines) == (2, [])
    assert message in said
    assert said.count("\n") == 1


def test_without_a_sidecar_or_an_example_one_line_says_so(
    page: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(capsys, "other.rst") == (2, [], "other.rst: no such file\n")
    assert run(capsys, f"{page}:1") == (2, [], "page.rst:1: there is no example\n")
    Path("examples/upstream/page.yaml").unlink()
    status, _, said = run(capsys, str(page))
    assert status == 2
    assert said.startswith("examples/upstream/page.yaml: no such file; it says how to run")
