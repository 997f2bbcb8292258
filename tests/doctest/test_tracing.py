# SPDX-License-Identifier: GPL-2.0-or-later
"""Trace events: which came, in which order, about which objects."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from blockdoc.doctest.record import record
from blockdoc.doctest.tracing import Names
from blockdoc.errors import QemuError
from blockdoc.example import Machine
from blockdoc.qemu import TraceFile, find_build

Project = Callable[..., Path]

HEAD = """---
images:
  base.qcow2: 1M
  top.qcow2: {backing: base.qcow2}
trace: [bdrv_open_common, blk_root_*]
---
"""
OPEN = """```{qmp-example}
:id: open

-> { "execute": "blockdev-add",
     "arguments": { "driver": "qcow2", "node-name": "top",
                    "file": { "driver": "file", "filename": "top.qcow2" } } }
<- { "return": {} }
```
"""
REFUSED = """```{qmp-example}
:id: refused

-> { "execute": "block-export-add",
     "arguments": { "type": "nbd", "id": "e", "node-name": "top" } }
<- { "error": { ... } }
```
"""
OPENED = """bdrv_open_common bs <bs1> filename "top.qcow2" flags ... format_name "file"
bdrv_open_common bs <bs2> filename "top.qcow2" flags ... format_name "qcow2"
...
"""


def trace(body: str, name: str = "traced", options: str = "") -> str:
    return f"```{{trace-example}}\n:id: {name}\n{options}\n{body}```\n"


def opened(body: str, options: str = "") -> str:
    return trace(body, options=f"{options}:events: bdrv_open_*\n")


def run(pytester: pytest.Pytester) -> pytest.RunResult:
    return pytester.runpytest_inprocess(
        "examples", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--no-cache"
    )


def test_a_pointer_has_one_name_in_all_steps(
    pytester: pytest.Pytester, project: Project
) -> None:
    renamed = OPENED.replace("bs1", "below").replace("bs2", "top")
    later = "blk_root_attach ... bs <top>\nblk_root_detach ... bs <top>\n"
    project(
        HEAD
        + OPEN
        + opened(renamed, ":names: bs1=below, bs2=top\n")
        + REFUSED
        + trace(later, "later")
    )
    run(pytester).assert_outcomes(passed=4)


def test_only_the_events_that_are_asked_for_are_shown(
    pytester: pytest.Pytester, project: Project
) -> None:
    attach = "...\nblk_root_attach child ... blk ... bs <bs...>\n"
    project(HEAD + OPEN + REFUSED + trace(attach, options=":events: *_attach\n"))
    run(pytester).assert_outcomes(passed=3)


def test_another_object_is_told_at_its_line(
    pytester: pytest.Pytester, project: Project
) -> None:
    project(HEAD + OPEN + opened("\n" + OPENED.replace("bs2", "bs1")))
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "examples/t/one.md:21: QEMU traced something else",
            "*--- the example says",
            '*-bdrv_open_common bs <bs1> filename "top.qcow2" flags ... format_name "qcow2"',
            '*+bdrv_open_common bs <bs2> filename "top.qcow2" flags 0x2002 format_name "qcow2"',
        ]
    )


def test_an_event_that_did_not_come_is_told_behind_the_last(
    pytester: pytest.Pytester, project: Project
) -> None:
    project(HEAD + OPEN + opened(OPENED + "bdrv_open_common never\n"))
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*-bdrv_open_common never"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            OPEN + trace(""),
            "examples/t/one.md:9: nothing is traced; say which events in the front matter, *",
        ),
        (
            "---\ntrace: [--help]\n---\n" + OPEN,
            "examples/t/one.md:2: trace '--help': expected names of trace events, *",
        ),
        (
            HEAD + OPEN + trace("", options=":names: x\n"),
            "examples/t/one.md:15: names 'x': expected one name for another, *",
        ),
        (
            HEAD + OPEN + trace("", options=":names: bs9=x\n"),
            "examples/t/one.md:15: names 'bs9=x': no pointer is called bs9; there are: bs1, *",
        ),
    ],
)
def test_what_cannot_be_traced_is_one_line(
    pytester: pytest.Pytester, project: Project, text: str, message: str
) -> None:
    project(text)
    result = run(pytester)
    assert result.ret != 0
    result.stdout.fnmatch_lines([message])


def test_record_writes_what_came_and_keeps_what_holds() -> None:
    text = HEAD + OPEN + opened("").replace("\n\n", "\n")
    recorded = asyncio.run(record(text, "t/one.md", find_build())).new
    assert "\n:events: bdrv_open_*\n\nbdrv_open_common bs <bs1>" in recorded
    assert recorded.count("bdrv_open_common") == 4 + 1  # and in the front matter
    kept = HEAD + OPEN + opened(OPENED)
    assert asyncio.run(record(kept, "t/one.md", find_build())).new == kept
    wrong = HEAD + OPEN + opened(OPENED.replace("bs1", "x"))
    assert asyncio.run(record(wrong, "t/one.md", find_build())).new == kept.replace(
        "flags ...", "flags 0xa002", 1
    )


@pytest.mark.parametrize("what", ["link", "pipe", "folder"])
def test_what_stands_in_the_place_of_the_file_is_not_read(tmp_path: Path, what: str) -> None:
    place = tmp_path / ".trace-"
    if what == "link":
        place.symlink_to("/etc/passwd")
    elif what == "pipe":
        os.mkfifo(place)
    else:
        place.mkdir()
    with pytest.raises(QemuError, match=r"\.trace- (cannot be read|is no longer a file)"):
        TraceFile(Machine("storage-daemon", trace=("root*",)), tmp_path).more()


def test_more_than_a_step_can_show_is_refused_and_half_a_line_waits(tmp_path: Path) -> None:
    place = tmp_path / ".trace-"
    file = TraceFile(Machine("storage-daemon", trace=("a*",)), tmp_path)
    assert file.more() == []
    place.write_text("a 1\nb 2\nab")
    assert file.more() == ["a 1"]
    place.write_text("a 1\nb 2\nab 3\n")
    assert file.more() == ["ab 3"]
    place.write_bytes(b"a\n" * (1 << 20))
    with pytest.raises(QemuError, match="more than 1 MiB"):
        file.more()


def test_a_name_says_what_the_pointer_first_was() -> None:
    names = Names()
    assert names.line("x blk 0x55d0a5e5d350 bs 0x55d0a5e66400 flags 0xa002") == (
        "x blk <blk1> bs <bs1> flags 0xa002"
    )
    assert names.line("y child 0x55d0a5e66400 bs (nil)") == "y child <bs1> bs (nil)"
    assert names.line("z bs 0x55d0a5e66401") == "z bs <bs2>"
