# SPDX-License-Identifier: GPL-2.0-or-later
"""Which answer of ``query-migrate`` is as good as the recorded one.

::

    <-  MIGRATION setup            has come before the question is asked
    ->  query-migrate
    <-  {"status": "setup"}        recorded; it may be `setup`, `active` or `pre-switchover`
    <-  MIGRATION active
    <-  MIGRATION pre-switchover   where the migration is when libvirt says its next word
    ->  block-job-cancel

A migration goes on while libvirt asks how far it is.  So its status may be each of those that
the recording has from the last before the question to the last before the next command, and
no other.  QEMU tells more of a migration under way than of one that is set up; an answer
with another status than the recorded one is held against a recorded answer that has as much.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from blockdoc.replay.fit import Misfit
from blockdoc.replay.recording import Item, Recording

__all__ = ["QUESTION", "compared"]

QUESTION = "query-migrate"
#: Of these QEMU tells the same members (its `fill_source_migration_info`).
UNDER_WAY = frozenset({"active", "pre-switchover", "device"})
#: And of a migration that is set up no more than this.
SET_UP = {"status": "setup"}

Answer = Mapping[str, Any]


def compared(
    recording: Recording, question: Item, recorded: Answer, answer: Answer
) -> tuple[Answer, list[Misfit]]:
    """Return what an answer is held against, and a misfit if it tells a wrong status."""
    then, now = recorded.get("status"), answer.get("status")
    if then is None or now is None or then == now:
        return recorded, []
    passed = list(_passed(recording, question))
    if now not in passed:
        others = " or ".join(repr(it) for it in passed if it != then) or "nothing else"
        message = f"recorded as {then!r}, and can be {others}; is {now!r}"
        return recorded, [Misfit("/return/status", message)]
    forms = {_form(it): it for it in (SET_UP, *_answers(recording), recorded)}
    return forms.get(_form(answer), recorded), []


def _passed(recording: Recording, question: Item) -> Iterator[str]:
    """Yield the statuses of a migration from a question to libvirt's next word."""
    last = ""
    for item in (it for it in recording.items if it.monitor == question.monitor):
        is_later = item.number > question.number
        if is_later and item.command:
            break
        if item == question:
            yield last
        elif item.event == "MIGRATION":
            last = str((item.message.get("data") or {}).get("status"))
            if is_later:
                yield last


def _answers(recording: Recording) -> Iterator[Answer]:
    for item, reply in recording.pairs():
        told = reply.message.get("return") if reply and item.command == QUESTION else None
        if isinstance(told, Mapping):
            yield told


def _form(answer: Answer) -> str:
    status = str(answer.get("status"))
    return "under way" if status in UNDER_WAY else status
