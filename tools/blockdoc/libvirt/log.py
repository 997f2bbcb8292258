# SPDX-License-Identifier: GPL-2.0-or-later
"""Turn the log of libvirtd into conversations.

The daemon tells at level ``info`` what it sends to a monitor and what comes back::

    … QEMU_MONITOR_SEND_MSG: mon=0x7f32 msg={"execute":"cont","id":"libvirt-9"}
    … QEMU_MONITOR_RECV_REPLY: mon=0x7f32 reply={"return": {}, "id": "libvirt-9"}
    … QEMU_MONITOR_RECV_EVENT: mon=0x7f32 event={"timestamp": {…}, "event": "RESUME"}
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from blockdoc.errors import QemuError

__all__ = ["LogReader", "Said"]

_LINE = re.compile(
    r"QEMU_MONITOR_(?:SEND_MSG: mon=(\S+) msg|RECV_REPLY: mon=(\S+) reply"
    r"|RECV_EVENT: mon=(\S+) event)=(\{.*\})\s*$"
)


@dataclass(frozen=True, slots=True)
class Said:
    """One message, as the log has it."""

    arrow: str
    message: dict[str, Any]
    #: Which QEMU of the daemon's life, from 0.
    monitor: int
    #: Of a reply: the command that it answers.
    to: str = ""


class LogReader:
    """Reads the log piece by piece: a reply may answer a command of an earlier piece."""

    def __init__(self) -> None:
        self._monitors: dict[str, int] = {}
        self._count = 0
        self._asked: dict[tuple[int, str], str] = {}

    def read(self, text: str) -> list[Said]:
        """Return the messages of a piece, which ends with a whole line.

        :raise QemuError: a line is not what this reader knows.
        """
        return list(self._read(text))

    def _read(self, text: str) -> Iterator[Said]:
        for line in text.split("\n"):
            found = _LINE.search(line)
            if found is None:
                if "QEMU_MONITOR_SEND_MSG" in line or "QEMU_MONITOR_RECV" in line:
                    raise QemuError(f"the log of libvirtd has a line of a new kind: {line}")
                continue
            sent, replied, told, words = found.groups()
            try:
                message = json.loads(words)
            except ValueError as error:
                raise QemuError(f"the log of libvirtd has no JSON in: {line}") from error
            address = sent or replied or told
            monitor = self._monitor(address, message)
            identity = (monitor, str(message.get("id")))
            if sent:
                self._asked[identity] = str(message["execute"])
                yield Said("->", message, monitor)
            else:
                to = self._asked.pop(identity, "") if replied else ""
                yield Said("<-", message, monitor, to)

    def _monitor(self, address: str, message: dict[str, Any]) -> int:
        """Return the number of a monitor; a later one may live where an earlier one did."""
        if message.get("execute") == "qmp_capabilities" or address not in self._monitors:
            self._monitors[address] = self._count
            self._count += 1
        return self._monitors[address]
