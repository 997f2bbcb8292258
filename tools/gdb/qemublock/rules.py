# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules of the guide that an explanation names: their ids and titles are the guide's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TITLES = {
    "AIO-6": "Wait in the main loop, or at home; never from one iothread for another",
    "AIO-7": "When you poll, everything may run",
    "DRAIN-3": "Never drain under the graph lock",
    "DRAIN-4": "A source of activity owes three things: "
    "refuse new work, report pending work, wake the waiter",
    "DRAIN-7": "Quiesce all, then poll once; never poll while you iterate",
    "DRAIN-10": "A pause is not a stop: "
    "a job runs to its pause point, and a finished job completes",
    "DRAIN-11": "Do not drain in an AIO completion callback",
    "DRAIN-12": "A throttle limit holds only between drains",
    "JOB-2": "Never call job_pause_point() under the graph lock",
    "JOB-4": "job-cancel is not block-job-cancel",
    "REQ-2": "Become serialising before you read what you will write back",
    "REQ-5": "No request to a node from inside a request to the same node",
}


def with_titles(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines, and at the end the title of each rule that they name in brackets."""
    named: dict[str, None] = {}
    for line in lines:
        yield line
        named.update(dict.fromkeys(re.findall(r"\[([A-Z]+-\d+)\]", line)))
    for rule in named:
        yield f"[{rule}] {TITLES[rule]}."
