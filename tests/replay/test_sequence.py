# SPDX-License-Identifier: GPL-2.0-or-later
"""Diagrams of recordings: all that libvirt did is there, and nothing that differs by run."""

import json
from pathlib import Path
from typing import Any

import pytest
from blockdoc.replay import read_recording
from blockdoc.replay.sequence import is_question, sequence

RECORDED = Path(__file__).parents[2] / "examples/libvirt/recorded"
FILES = sorted(RECORDED.glob("*.json"))


def draw(folder: Path, *conversation: dict[str, Any], operation: object = "virsh x") -> str:
    file = folder / "x.json"
    data = {
        "libvirt": "12.8.0",
        "qemu": "11.1.2",
        "operation": operation,
        "conversation": conversation,
    }
    file.write_text(json.dumps(data))
    return sequence(read_recording(file))


def says(command: str, **arguments: object) -> dict[str, Any]:
    return {"dir": "->", "msg": {"execute": command, "arguments": arguments}}


def tells(event: str, **data: object) -> dict[str, Any]:
    return {"dir": "<-", "msg": {"event": event, "data": data}}


def status(job: str, *words: str) -> list[dict[str, Any]]:
    return [tells("JOB_STATUS_CHANGE", id=job, status=it) for it in words]


@pytest.mark.parametrize("file", FILES, ids=lambda it: it.stem)
def test_every_command_of_every_recording_is_drawn_in_order(file: Path) -> None:
    """A picture that leaves a step out would be a lie."""
    recording = read_recording(file)
    said = [it.command for it in recording.items if it.command]
    wanted = [it for it in said if not is_question(it) and not it.startswith("migrate-set-")]
    lines = [it.strip().partition("L->>Q")[2] for it in sequence(recording).splitlines()]
    drawn = [it.split(": ", 1)[1].split()[0].partition(":")[0] for it in lines if it]
    assert [it for it in drawn if not it.startswith("migrate-set-")] == wanted


def test_states_in_a_row_are_one_line_for_each_job(tmp_path: Path) -> None:
    """And a pause is none, nor what the job comes back to."""
    drawn = draw(tmp_path, *status("a", "created", "running", "paused", "running", "ready"))
    assert drawn.splitlines()[4:] == ["  Q0-->>L: a: created, running, ready"]
    drawn = draw(tmp_path, *status("a", "waiting"), *status("b", "waiting", "pending"))
    assert drawn.splitlines()[4:] == ["  Q0-->>L: a: waiting", "  Q0-->>L: b: waiting, pending"]


def test_polls_are_left_out_and_questions_in_a_row_are_one(tmp_path: Path) -> None:
    """How often virsh asks for progress is an accident."""
    questions = ["query-block-jobs", "query-jobs", "query-jobs", "query-block", "qom-list"]
    drawn = draw(tmp_path, *map(says, questions), says("stop"))
    assert drawn.splitlines()[4:] == ["  L-->>Q0: query-jobs, query-block", "  L->>Q0: stop"]


def test_an_error_a_note_and_another_event_are_told(tmp_path: Path) -> None:
    """A success is not: what comes next shows it."""
    drawn = draw(
        tmp_path,
        says("blockdev-del", **{"node-name": "a#1"}),
        {"dir": "<-", "msg": {"error": {"class": "GenericError", "desc": "in use; sorry"}}},
        {"dir": "--", "note": "a client reads"},
        tells("DEVICE_DELETED", device="vda"),
    )
    assert drawn.splitlines()[4:] == [
        "  L->>Q0: blockdev-del a#35;1",
        "  Q0-->>L: error: in use#59; sorry",
        "  Note over L,Q0: a client reads",
        "  Q0-->>L: DEVICE_DELETED vda",
    ]


def test_a_transaction_has_a_line_for_each_action(tmp_path: Path) -> None:
    """Which is what makes it one."""
    actions = [
        {"type": "block-dirty-bitmap-add", "data": {"node": "disk", "name": "b0"}},
        {"type": "blockdev-backup", "data": {"device": "disk", "target": "t", "sync": "full"}},
    ]
    drawn = draw(tmp_path, says("transaction", actions=actions))
    assert drawn.splitlines()[4] == (
        "  L->>Q0: transaction:<br>block-dirty-bitmap-add disk b0"
        "<br>blockdev-backup disk → t (full)"
    )


def test_a_second_qemu_is_a_participant_of_its_own(tmp_path: Path) -> None:
    """Where an operation ends one QEMU and starts another."""
    drawn = draw(tmp_path, says("stop"), {**says("cont"), "monitor": 1}, operation=["a", "b"])
    assert drawn.splitlines()[1:] == [
        "  accTitle: What libvirt says to QEMU for a and then b",
        "  participant L as libvirt 12.8.0",
        "  participant Q0 as QEMU 11.1.2",
        "  participant Q1 as QEMU 11.1.2, started anew",
        "  L->>Q0: stop",
        "  L->>Q1: cont",
    ]
