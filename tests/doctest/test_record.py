# SPDX-License-Identifier: GPL-2.0-or-later
"""What `make record` writes, and what it leaves alone."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from blockdoc.doctest.record import Recording, replace_file
from blockdoc.doctest.split import complement
from blockdoc.errors import AuthorError, BlockdocError

Project = Callable[..., Path]

BARE = """\
# An example

```{qmp-example}
:id: one

-> { "execute": "blockdev-add",
     "arguments": { "driver": "null-co", "node-name": "a", "size": 1048576,
                    "read-zeroes": true } }
-> { "execute": "blockdev-create",
     "arguments": { "job-id": "c", "options":
       { "driver": "file", "filename": "x", "size": 0 } } }
-> { "execute": "query-jobs" }
```

Some prose between.

```mermaid
---
id: drawn
---
```
"""


def record(folder: Path, *arguments: str, status: int = 0) -> str:
    command = [sys.executable, "-m", "blockdoc.cli", "record", *arguments]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def doctest(folder: Path) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "examples"]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode


def test_only_commands_are_written_and_the_rest_is_filled_in(
    pytester: pytest.Pytester, project: Project
) -> None:
    path = project(BARE)
    output = record(pytester.path)
    text = path.read_text()
    states = [line.split('"')[-2] for line in text.splitlines() if "JOB_STATUS_CHANGE" in line]
    assert states == ["created", "running", "waiting", "pending", "concluded"]
    assert text.count('<- { "return": {} }') == 2
    assert "flowchart TD" in text
    assert "Some prose between." in text
    assert '+<- { "return": {} }' in output
    assert "1 example, 1 changed, 0 failed" in output
    assert doctest(pytester.path) == 0


def test_a_second_recording_changes_nothing(
    pytester: pytest.Pytester, project: Project
) -> None:
    path = project(BARE)
    record(pytester.path)
    before = path.read_bytes()
    assert "0 changed" in record(pytester.path)
    assert path.read_bytes() == before


def test_elisions_and_layout_that_hold_are_kept(
    pytester: pytest.Pytester, project: Project
) -> None:
    path = project(BARE)
    record(pytester.path)
    text = path.read_text()
    start = text.index('<- { "return": [')
    end = text.index("```", start)
    kept = '<- { "return": [ {\n  "id": "c",   "status": "wrong",\n ... } ] }\n'
    path.write_text(text[:start] + kept + text[end:])
    record(pytester.path)
    assert kept.replace("wrong", "concluded") in path.read_text()


def test_an_event_that_did_not_come_is_removed_and_a_missing_one_added(
    pytester: pytest.Pytester, project: Project
) -> None:
    path = project(BARE)
    record(pytester.path)
    good = path.read_text()
    lines = good.splitlines(keepends=True)
    waiting = next(number for number, line in enumerate(lines) if '"waiting"' in line)
    ready = lines[waiting].replace("waiting", "ready")
    path.write_text("".join([*lines[:waiting], ready, *lines[waiting + 1 :]]))
    record(pytester.path)
    assert path.read_text() == good


def test_split_adds_an_alternative_and_leaves_the_other(
    pytester: pytest.Pytester, project: Project
) -> None:
    path = project(BARE)
    record(pytester.path)
    wrong = path.read_text().replace('<- { "return": {} }', '<- { "return": {"old": 1} }', 1)
    path.write_text(wrong)
    record(pytester.path, "--split", "qemu >= 3.0")
    text = path.read_text()
    assert text.count(":id: one\n") == 2
    assert ":id: one\n:when: qemu < 3.0\n" in text
    assert ":id: one\n:when: qemu >= 3.0\n" in text
    assert '{"old": 1}' in text
    assert doctest(pytester.path) == 0


def test_split_refuses_a_condition_that_this_qemu_does_not_meet(
    pytester: pytest.Pytester, project: Project
) -> None:
    path = project(BARE)
    output = record(pytester.path, "--split", "qemu < 3.0", status=2)
    assert "--split 'qemu < 3.0': this is QEMU" in output
    assert path.read_text() == BARE


def test_a_pair_sent_without_waiting_stays_a_pair(
    pytester: pytest.Pytester, project: Project
) -> None:
    pair = (
        '-> { "execute": "query-jobs" }\n-> { "execute": "query-block-jobs" }\n'
        '<- ...\n<- { "return": [ 1 ] }\n'
    )
    path = project(f"```{{qmp-example}}\n:id: pair\n\n{pair}```\n")
    record(pytester.path)
    assert pair.replace("[ 1 ]", "[]").replace(" ", "") in path.read_text().replace(" ", "")


def test_a_file_changed_meanwhile_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    path.write_text("somebody else's")
    with pytest.raises(BlockdocError, match="changed while it was recorded"):
        replace_file(path, Recording("x.md", "what was read", "new"))
    assert path.read_text() == "somebody else's"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_replaced_in_one_step_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "x.md"
    path.write_text("old")
    path.chmod(0o640)
    replace_file(path, Recording("x.md", "old", "new"))
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_an_example_that_cannot_run_is_left_as_it_is(
    pytester: pytest.Pytester, project: Project
) -> None:
    text = '```{qmp-example}\n:id: bad\n\n-> { "execute": \n```\n'
    path = project(text, "t/bad")
    good = project(BARE, "t/good")
    output = record(pytester.path, status=1)
    assert "examples/t/bad.md:4: " in output
    assert path.read_text() == text
    assert "JOB_STATUS_CHANGE" in good.read_text()


def test_a_file_that_is_not_utf_8_is_told_and_the_others_go_on(
    pytester: pytest.Pytester, project: Project
) -> None:
    path = project("", "t/bad")
    path.write_bytes(b"Stra\xdfe\n")
    good = project(BARE, "t/good")
    output = record(pytester.path, status=1)
    assert "examples/t/bad.md:1: not UTF-8 at byte 4; save the file as UTF-8\n" in output
    assert "JOB_STATUS_CHANGE" in good.read_text()


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(BlockdocError, match=r"x\.md:1: cannot be written: No such file"):
        replace_file(tmp_path / "gone" / "x.md", Recording("x.md", "old", "new"))


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("time.sleep(100)", "no reply within 1 s"),
        ("os.abort()", "QEMU aborted (SIGABRT)"),
    ],
)
def test_a_qemu_that_does_not_reply_is_told_at_the_command(
    pytester: pytest.Pytester,
    project: Project,
    failing: Callable[..., None],
    action: str,
    message: str,
) -> None:
    failing(b"query-jobs", action)
    text = BARE.replace(":id: one\n", ":id: one\n:timeout: 1\n")
    path = project(text)
    output = record(pytester.path, status=1)
    assert f"\nexamples/t/one.md:13: {message}" in output
    assert path.read_text() == text


def test_a_condition_has_a_complement() -> None:
    assert complement("qemu < 10.0") == "qemu >= 10.0"
    assert complement("qemu >= 7.2") == "qemu < 7.2"
    assert complement("command job-pause") == "no command job-pause"
    assert complement("no driver nbd") == "driver nbd"
    with pytest.raises(AuthorError, match="expected such as"):
        complement("sometimes")
