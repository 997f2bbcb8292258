# SPDX-License-Identifier: GPL-2.0-or-later
"""Recordings replay; what is changed in one is told at its place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from blockdoc.cli import main
from blockdoc.qemu import Build
from blockdoc.replay import Outcome
from blockdoc.replay import talk as talk_module

PIVOT = "blockcommit-active-pivot"
#: One of each kind; `blockdoc replay` takes them all.
SAMPLE = (
    "attach-disk-luks",
    "backup-pull-incremental",
    "blockcopy-shallow-reuse-pivot",
    "blockjob-speed-abort",
    "change-media-insert",
    "checkpoint-delete",
    "detach-disk-copy-on-read",
    "domain-start",
    "migrate-copy-storage-all.src",
    "snapshot-revert-internal",
)

Recorded = Callable[[str], Outcome]
Spoiled = Callable[..., tuple[Path, Outcome]]
Conversation = list[dict[str, Any]]


@pytest.mark.parametrize("name", SAMPLE)
def test_a_recording_replays(recorded: Recorded, name: str) -> None:
    """Nothing is found, on whichever release."""
    assert [*map(str, recorded(name).findings)] == []


def test_the_two_ends_of_a_migration_come_together(recorded: Recorded) -> None:
    """Whichever file is named."""
    outcome = recorded("migrate-copy-storage-inc.dst")
    assert [it.side for it in outcome.recordings] == ["dst", "src"]
    assert [*map(str, outcome.findings)] == []


def find(conversation: Conversation, command: str, nth: int = 0) -> int:
    """Return the index of a command."""
    found = [i for i, it in enumerate(conversation) if it["msg"].get("execute") == command]
    return found[nth]


def move(conversation: Conversation, command: str, before: str) -> int:
    """Move a command and its reply before another; return the new index."""
    start = find(conversation, command)
    end = next(i for i in range(start, len(conversation)) if "to" in conversation[i])
    pair = [conversation[start], conversation[end]]
    del conversation[end], conversation[start]
    target = find(conversation, before)
    conversation[target:target] = pair
    return target


def test_a_changed_order_is_refused_by_qemu(spoiled: Spoiled) -> None:
    """It says which step, and what QEMU answers."""

    def spoil(data: dict[str, Any]) -> None:
        del data["commands"]
        move(data["conversation"], "job-dismiss", "job-complete")

    path, outcome = spoiled(PIVOT, spoil)
    (finding,) = outcome.findings
    assert (finding.kind, finding.place.path) == ("error", str(path))
    line = path.read_text().split("\n")[finding.place.line - 1]
    assert '"job-dismiss"' in line
    assert 'job-dismiss: answers the error "Job' in finding.message
    assert "cannot accept command verb 'dismiss'" in finding.message


def test_a_changed_order_is_seen_though_qemu_does_not_mind(spoiled: Spoiled) -> None:
    """The recording's own summary tells it."""

    def spoil(data: dict[str, Any]) -> None:
        move(data["conversation"], "job-complete", "transaction")

    path, outcome = spoiled(PIVOT, spoil)
    order = [it for it in outcome.findings if it.kind == "order"]
    message = (
        '"commands" says that transaction(block-dirty-bitmap-add) comes here, the '
        "conversation has job-complete"
    )
    assert [it.message.partition(":")[0] for it in order] == [message]
    assert '"job-complete"' in path.read_text().split("\n")[order[0].place.line - 1]


@pytest.mark.parametrize("told", [True, False])
def test_a_dropped_bitmap_step(spoiled: Spoiled, told: bool) -> None:  # noqa: FBT001
    """What needs the bitmap fails; the summary, if there is one, says what was dropped."""

    def spoil(data: dict[str, Any]) -> None:
        conversation = data["conversation"]
        at = find(conversation, "transaction")
        reply = next(i for i in range(at, len(conversation)) if "to" in conversation[i])
        del conversation[reply], conversation[at]
        if not told:
            del data["commands"]

    path, outcome = spoiled(PIVOT, spoil)
    (*first, missed, finding) = outcome.findings
    assert [it.kind for it in first] == ["order"] * told
    assert missed.pointer.endswith("/dirty-bitmaps")
    assert finding.kind == "error"
    assert "block-dirty-bitmap-remove" in path.read_text().split("\n")[finding.place.line - 1]
    assert "Dirty bitmap 'libvirt-tmp-activewrite' not found" in finding.message


def test_a_renamed_member_of_a_reply(spoiled: Spoiled) -> None:
    """Its path is told, and that of what QEMU has instead."""

    def spoil(data: dict[str, Any]) -> None:
        image = data["conversation"][1]["msg"]["return"][2]["image"]
        image["virtual-extent"] = image.pop("virtual-size")

    path, outcome = spoiled(PIVOT, spoil)
    told = [(it.step, it.kind, it.pointer) for it in outcome.findings]
    assert (2, "reply", "/return/2/image/virtual-extent") in told
    (finding, *_) = outcome.findings
    assert '"return"' in path.read_text().split("\n")[finding.place.line - 1]
    assert str(finding).startswith(f"{path}:{finding.place.line}: reply: step 2: /return/2/")


def test_a_member_of_another_type(spoiled: Spoiled) -> None:
    """The types are told."""

    def spoil(data: dict[str, Any]) -> None:
        data["conversation"][1]["msg"]["return"][0]["iops"] = "0"

    _, outcome = spoiled(PIVOT, spoil)
    (finding,) = outcome.findings
    assert finding.pointer == "/return/0/iops"
    assert "recorded as a string '0', is a number 0" in finding.message


def test_an_event_that_does_not_come(spoiled: Spoiled, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says which, and what came instead."""
    monkeypatch.setattr(talk_module, "LIMIT", 1.0)

    def spoil(data: dict[str, Any]) -> None:
        for it in data["conversation"]:
            if it["msg"].get("event") == "BLOCK_JOB_READY":
                it["msg"]["event"] = "BLOCK_JOB_PENDING"

    path, outcome = spoiled(PIVOT, spoil)
    (finding,) = outcome.findings
    assert finding.kind == "event"
    assert "BLOCK_JOB_PENDING commit-vda-libvirt-6-format did not come" in finding.message
    assert "came: BLOCK_JOB_READY" in finding.message
    assert "BLOCK_JOB_PENDING" in path.read_text().split("\n")[finding.place.line - 1]


def test_an_event_that_was_not_recorded(spoiled: Spoiled) -> None:
    """An event of a job is missed nowhere."""

    def spoil(data: dict[str, Any]) -> None:
        data["conversation"] = [
            it for it in data["conversation"] if it["msg"].get("event") != "BLOCK_JOB_READY"
        ]

    _, outcome = spoiled(PIVOT, spoil)
    assert [it.message for it in outcome.findings] == [
        "BLOCK_JOB_READY commit-vda-libvirt-6-format came and was not recorded"
    ]


def test_an_event_with_other_data(spoiled: Spoiled) -> None:
    """The member is told."""

    def spoil(data: dict[str, Any]) -> None:
        for it in data["conversation"]:
            if it["msg"].get("event") == "BLOCK_JOB_READY":
                it["msg"]["data"]["length"] = it["msg"]["data"].pop("len")

    _, outcome = spoiled(PIVOT, spoil)
    assert [(it.kind, it.pointer) for it in outcome.findings] == [
        ("event", "/data/length"),
        ("event", "/data/len"),
    ]


@pytest.mark.parametrize("error", [True, False])
def test_an_error_where_there_was_none_and_the_other_way(
    spoiled: Spoiled,
    error: bool,  # noqa: FBT001
) -> None:
    """A success must be one, and an error too."""

    def spoil(data: dict[str, Any]) -> None:
        conversation = data["conversation"]
        if error:
            conversation[-2]["msg"]["arguments"]["node-name"] = "nothing"
        else:
            conversation[-1]["msg"] = {"error": {"class": "GenericError", "desc": "no"}}

    _, outcome = spoiled(PIVOT, spoil)
    (finding,) = outcome.findings
    assert finding.kind == "error"
    assert "was recorded as" in finding.message


def test_another_graph_at_the_end(spoiled: Spoiled) -> None:
    """The difference is a sentence."""

    def spoil(data: dict[str, Any]) -> None:
        edge = next(it for it in data["graph_after"]["edges"] if it["name"] == "backing")
        edge["name"] = "file"

    path, outcome = spoiled(PIVOT, spoil)
    assert {it.kind for it in outcome.findings} == {"graph"}
    assert any("(backing)" in it.message for it in outcome.findings)
    assert outcome.findings[0].place == (str(path), 1)


def test_an_operation_that_nobody_recorded(spoiled: Spoiled) -> None:
    """What it refers to is there: a throttle group, a secret, an iothread, an NBD server."""
    empty = {"dir": "<-", "msg": {"return": {}}, "to": "it"}
    server = {"type": "inet", "host": "127.0.0.1", "port": "10809"}
    nodes: list[dict[str, Any]] = [
        {"driver": "file", "filename": "/srv/pool/x.qcow2", "node-name": "x-storage"},
        {"driver": "qcow2", "file": "x-storage", "backing": None, "node-name": "x-format"},
        {
            "driver": "throttle",
            "throttle-group": "throttle-limit7",
            "file": "x-format",
            "node-name": "x-filter",
        },
        {"driver": "nbd", "server": server, "export": "far", "node-name": "far"},
    ]
    device = {"driver": "virtio-blk-pci", "bus": "pci.4", "drive": "x-filter", "id": "new"}

    def spoil(data: dict[str, Any]) -> None:
        sent = [{"execute": "blockdev-add", "arguments": it} for it in nodes]
        sent += [{"execute": "device_add", "arguments": {**device, "iothread": "fresh"}}]
        data["conversation"] = [
            it for msg in sent for it in ({"dir": "->", "msg": msg}, dict(empty))
        ]
        for key in ("commands", "graph_after", "nodes_after"):
            del data[key]

    _, outcome = spoiled("attach-disk", spoil)
    assert [*map(str, outcome.findings)] == []


def test_one_end_of_a_migration_alone(spoiled: Spoiled) -> None:
    """It says which file is missing."""
    _, outcome = spoiled("migrate-copy-storage-all.dst", lambda _: None)
    (finding,) = outcome.findings
    assert finding.message.endswith("no file migrate-copy-storage-all.src.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", 'no member "conversation"'),
        ('{"conversation": [{"dir": "=>"}]}', 'step 1: "dir" must be one of'),
        ('{"conversation": [{"dir": "->", "msg": 1}]}', 'step 1: "msg" must be an object'),
        ('{"conversation": []}', 'no member "conversation"'),
        ('{"conversation": [{"dir": "--"}], "graph_after": {"nodes": []}}', "a graph without"),
    ],
)
def test_no_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], build: Build, text: str, message: str
) -> None:
    """It is one line, with the file, and the status is 2."""
    assert build
    path = tmp_path / "x.json"
    path.write_text(text)
    assert main(["replay", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{path}:1: ")
    assert message in line


def test_findings_for_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], recorded: Recorded
) -> None:
    """`--format json` has path, line, step and member path; the status is 1."""
    assert recorded("suspend-resume").findings == ()
    source = Path(recorded("suspend-resume").recordings[0].path)
    path = tmp_path / "suspend.json"
    path.write_text(source.read_text().replace('"return": {}', '"return": {"more": 1}', 1))
    assert main(["replay", str(path), "--format", "json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert found["path"] == str(path)
    assert (found["kind"], found["pointer"]) == ("reply", "/return/more")
