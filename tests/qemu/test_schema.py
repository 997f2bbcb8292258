# SPDX-License-Identifier: GPL-2.0-or-later
"""A QEMU is asked for its schema once, and the answer is remembered."""

import os
import re
from pathlib import Path

import pytest
from blockdoc.errors import QemuError
from blockdoc.qemu import Build, find_build, schema, schema_of
from blockdoc.transcript import Release

ANSWER = (
    '{"return": [{"meta-type": "object", "name": "0", "members": []},'
    ' {"meta-type": "command", "name": "job-pause", "arg-type": "0", "ret-type": "0"}]}'
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BLOCKDOC_CACHE", str(tmp_path / "cache"))
    schema.remembered.cache_clear()
    return tmp_path / "cache"


def script(folder: Path, text: str) -> Build:
    """Make a build whose storage daemon is a script."""
    path = folder / "qemu-storage-daemon"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return Build("1.0.0", Release(1, 0), "a test", folder)


def counting(folder: Path) -> None:
    """Write a program that is no script by itself, and counts how often it is run."""
    text = f"echo run >> {folder}/runs\ncat > /dev/null\necho '{ANSWER}'\n"
    (folder / "qemu-storage-daemon").write_text(text)


def runs(folder: Path) -> int:
    path = folder / "runs"
    return path.read_text().count("run") if path.exists() else 0


def ask(folder: Path) -> schema.Schema:
    """Ask as a process does that has just begun."""
    schema.remembered.cache_clear()
    command = ("/bin/sh", str(folder / "qemu-storage-daemon"))
    return schema.remembered(command, ())


def test_a_program_is_asked_once_until_it_changes(tmp_path: Path, cache: Path):
    counting(tmp_path)
    assert [*ask(tmp_path).commands] == ["job-pause"]
    assert [*ask(tmp_path).commands] == ["job-pause"]
    assert runs(tmp_path) == 1
    os.utime(tmp_path / "qemu-storage-daemon", (1, 1))
    ask(tmp_path)
    assert runs(tmp_path) == 2
    assert len(list(cache.rglob("*.json"))) == 2


@pytest.mark.parametrize("rubbish", ["", "[", "[1]", '{"a": 1}', "\0"])
def test_a_broken_cache_is_asked_again_and_mended(tmp_path: Path, cache: Path, rubbish: str):
    counting(tmp_path)
    ask(tmp_path)
    (file,) = cache.rglob("*.json")
    whole = file.read_text()
    file.write_text(rubbish)
    assert [*ask(tmp_path).commands] == ["job-pause"]
    assert runs(tmp_path) == 2
    assert file.read_text() == whole
    assert list(file.parent.iterdir()) == [file]


def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    counting(tmp_path)
    (tmp_path / "file").touch()
    monkeypatch.setenv("BLOCKDOC_CACHE", str(tmp_path / "file"))
    assert [*ask(tmp_path).commands] == ["job-pause"]


def test_a_script_is_asked_every_time(tmp_path: Path, cache: Path):
    build = script(tmp_path, f"cat > /dev/null; echo '{ANSWER}'")
    assert [*schema_of(build, "storage-daemon").commands] == ["job-pause"]
    assert not list(cache.rglob("*.json"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("echo no such option >&2; exit 1", "no such option"),
        ("exit 3", "exit status 3"),
        ("echo '{\"return\": []'", "exit status 0"),
        ("echo '{\"return\": [{}]}'", "not a schema: bad or missing 'meta-type'"),
        ("exec sleep 60", "timed out"),
    ],
)
def test_one_line_says_that_qemu_does_not_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str
):
    monkeypatch.setattr(schema, "LIMIT", 0.5)
    with pytest.raises(QemuError, match=re.escape(why)) as caught:
        schema_of(script(tmp_path, text), "storage-daemon")
    assert "\n" not in str(caught.value)


def test_a_build_without_a_system_emulator_is_judged_by_its_daemon(tmp_path: Path):
    build = script(tmp_path, f"cat > /dev/null; echo '{ANSWER}'")
    assert build.has("command", "job-pause")
    assert not build.has("command", "device_add")
    assert not build.has("driver", "nbd")


def test_a_real_qemu_tells_what_it_offers(cache: Path):
    build = find_build()
    found = schema_of(build, "storage-daemon")
    assert "blockdev-add" in found.commands
    assert "device_add" not in found.commands
    assert build.has("command", "device_add")
    assert build.has("event", "JOB_STATUS_CHANGE")
    assert build.has("driver", "qcow2")
    assert not build.has("driver", "qcow9")
    assert len(list(cache.rglob("*.json"))) == 2
