# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold the conversation against the summary that the recording itself has.

``commands`` says what libvirt sent, in order (``transaction(block-dirty-bitmap-add)``,
``blockdev-del x2``).  A step that was moved, dropped or added by hand is seen here even
if QEMU does not mind.
"""

import re
from collections.abc import Iterator, Sequence

from blockdoc.replay.finding import Finding
from blockdoc.replay.recording import Item, Recording

__all__ = ["check_order"]

_TIMES = re.compile(r"(.*) x(\d+)")


def check_order(recording: Recording) -> Iterator[Finding]:
    """Yield the first place where the conversation is not what the summary says."""
    if not recording.commands:
        return
    told = list(_expanded(recording.commands))
    sent = [it for it in recording.items if it.command]
    for index, expected in enumerate(told):
        item = sent[index] if index < len(sent) else None
        if item is not None and summary(item) == expected:
            continue
        last = recording.items[-1]
        what = f"the conversation has {summary(item)}" if item else "the conversation ends"
        yield Finding(
            item.place if item else last.place,
            "order",
            f'"commands" says that {expected} comes here, {what}: a step was moved, dropped '
            "or added",
            item.number if item else last.number,
        )
        return
    for item in sent[len(told) :]:
        yield Finding(
            item.place,
            "order",
            f'{summary(item)} is not in "commands": a step was added',
            item.number,
        )
        return


def _expanded(commands: Sequence[str]) -> Iterator[str]:
    for command in commands:
        if command.startswith("["):  # something outside libvirt
            continue
        times = _TIMES.fullmatch(command)
        yield from [times[1]] * int(times[2]) if times else [command]


def summary(item: Item) -> str:
    """Return a command as summaries have it."""
    if item.command != "transaction":
        return item.command
    actions = item.arguments.get("actions") or ()
    return f"transaction({'+'.join(str(it.get('type')) for it in actions)})"
