# SPDX-License-Identifier: GPL-2.0-or-later
"""A migration goes on while libvirt asks how far it is."""

import asyncio
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from blockdoc.errors import Place
from blockdoc.replay import Recording
from blockdoc.replay.fit import Tolerance
from blockdoc.replay.progress import compared
from blockdoc.replay.recording import Item, read_recording
from blockdoc.replay.shape import NOTHING
from blockdoc.replay.talk import Talk

RECORDED = Path(__file__).parents[2] / "examples/libvirt/recorded"
RACE = RECORDED / "trixie/migrate-copy-storage-all.src.json"
#: What QEMU tells of a migration under way, and of one that is over.
UNDER_WAY = {"status": "pre-switchover", "expected-downtime": 300, "ram": {}}
OVER = {"status": "completed", "downtime": 131}


def conversation(*told: dict[str, object]) -> Recording:
    """Make a recording of events by their status, questions, and answers."""
    items = []
    for number, it in enumerate(told, 1):
        items.append(
            Item(number, Place("x.json", number), "->" if "execute" in it else "<-", it)
        )
    return Recording("x.json", RACE, "10.0.13", tuple(items), ())


def status(name: str) -> dict[str, object]:
    return {"event": "MIGRATION", "data": {"status": name}}


ASK: dict[str, object] = {"execute": "query-migrate"}
SET_UP = {"status": "setup"}


@pytest.fixture
def asked_early() -> Recording:
    """Return a conversation whose first question comes while the migration is set up."""
    return conversation(
        status("setup"), ASK, {"return": SET_UP}, status("active"), status("pre-switchover"),
        ASK, {"return": UNDER_WAY}, {"execute": "migrate-continue"}, {"return": {}},
        status("device"), status("completed"), ASK, {"return": OVER},
    )  # fmt: skip


@pytest.mark.parametrize("now", ["active", "pre-switchover"])
def test_a_later_status_is_held_against_an_answer_of_its_form(
    asked_early: Recording, now: str
) -> None:
    """The question was recorded early, and comes late: more is told, and all of it counts."""
    question = asked_early.items[1]
    held = compared(asked_early, question, SET_UP, {**UNDER_WAY, "status": now})
    assert held == (UNDER_WAY, [])


def test_the_status_before_is_told_as_well() -> None:
    """The question was recorded late, and comes early; there is no such answer to look at."""
    recording = conversation(status("setup"), ASK, {"return": UNDER_WAY}, status("active"))
    held = compared(recording, recording.items[1], UNDER_WAY, {"status": "setup"})
    assert held == (SET_UP, [])


@pytest.mark.parametrize("now", ["device", "completed", "failed", "none"])
def test_a_status_is_not_told_before_its_time(asked_early: Recording, now: str) -> None:
    """Nothing goes on beyond what libvirt has to do first, or another way."""
    recorded, (misfit,) = compared(asked_early, asked_early.items[1], SET_UP, {"status": now})
    assert recorded == SET_UP
    assert misfit.pointer == "/return/status"
    assert misfit.message == (
        f"recorded as 'setup', and can be 'active' or 'pre-switchover'; is {now!r}"
    )


def test_a_status_that_waits_is_the_only_one(asked_early: Recording) -> None:
    """The migration waits for libvirt, so nothing but the recorded status will do."""
    question = asked_early.items[5]
    _, (misfit,) = compared(asked_early, question, UNDER_WAY, {"status": "active"})
    assert (
        misfit.message == "recorded as 'pre-switchover', and can be nothing else; is 'active'"
    )


def test_before_the_first_migration_there_is_no_status(asked_early: Recording) -> None:
    """A status that is there and was not recorded is an unknown member, as elsewhere."""
    assert compared(asked_early, asked_early.items[1], {}, SET_UP) == ({}, [])


def test_the_committed_recording_has_the_race() -> None:
    """It is the one that was seen to answer `setup`, and in other runs `active`."""
    recording = read_recording(RACE)
    pairs = [it for it in recording.pairs() if it[0].command == "query-migrate"]
    question, reply = pairs[1]
    assert reply is not None
    assert reply.message["return"] == SET_UP
    (_, later), *_ = pairs[2:]
    assert later is not None
    answer = {**later.message["return"], "status": "active"}
    assert compared(recording, question, SET_UP, answer) == (later.message["return"], [])


@pytest.mark.parametrize(
    ("now", "found"),
    [
        ({**UNDER_WAY, "status": "active"}, []),
        ({"status": "active"}, ["/return/expected-downtime", "/return/ram"]),
        ({"status": "failed"}, ["/return/status"]),
    ],
)
def test_a_replay_asks_for_it(
    asked_early: Recording, now: dict[str, Any], found: list[str]
) -> None:
    """What the other answer has is missed, if it is not there."""

    async def send(*_: object) -> dict[str, Any]:
        return {"return": now}

    spoken = MagicMock(returns=lambda _: (NOTHING, NOTHING), arguments=lambda _, it: it)
    talk = Talk(asked_early, spoken, Tolerance(), send)
    asyncio.run(talk.step(asked_early.items[1], MagicMock()))
    assert [it.pointer for it in talk.findings] == found
