# SPDX-License-Identifier: GPL-2.0-or-later
"""Which events count, and which of two is the same.

How often a job is paused between two requests, or a migration goes through memory, differs
from run to run; so ``standby`` and ``paused``, and what a job comes back to from them, do
not count, and neither do MIGRATION_PASS and the guest's own events.
"""

from collections.abc import Mapping
from typing import Any

__all__ = ["Filter", "brief", "identity", "tracked"]

STATUS = "JOB_STATUS_CHANGE"
PAUSES = frozenset({"standby", "paused"})
RETURNS = frozenset({"running", "ready"})
IGNORED = frozenset(
    {"MIGRATION_PASS", "RTC_CHANGE", "NIC_RX_FILTER_CHANGED", "VSERPORT_CHANGE"}
)
#: Members that tell whose event it is.
OWNERS = ("id", "device", "node-name", "qom-path", "path", "status")

Event = Mapping[str, Any]


class Filter:
    """Says of one event after another whether it counts."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()

    def counts(self, event: Event) -> bool:
        """Say whether an event counts; to be asked once for each, in order."""
        name = event["event"]
        if name in IGNORED:
            return False
        data = event.get("data") or {}
        status = data.get("status")
        if name != STATUS or not isinstance(status, str):
            return True
        if status == "created":
            self._seen -= {(str(data["id"]), it) for it in RETURNS}
        if status in PAUSES:
            return False
        if status in RETURNS:
            key = (str(data["id"]), status)
            if key in self._seen:
                return False
            self._seen.add(key)
        return True


def identity(event: Event) -> tuple[str, ...]:
    """Return what two events share that are the same."""
    data = event.get("data") or {}
    owners = (f"{it}={data[it]}" for it in OWNERS if it in data)
    return (str(event["event"]), *owners)


def tracked(event: Event) -> bool:
    """Say whether an event must be recorded if it comes: those of jobs, and errors."""
    name = str(event["event"])
    return name == STATUS or name.startswith("BLOCK_")


def brief(event: Event) -> str:
    """Say which event it is."""
    return " ".join(it.partition("=")[2] or it for it in identity(event))
