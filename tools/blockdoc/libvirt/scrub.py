# SPDX-License-Identifier: GPL-2.0-or-later
"""Take out of messages what differs from run to run, or belongs to nobody else."""

import json
import re
from collections.abc import Mapping
from typing import Any

from blockdoc.libvirt.log import Said

__all__ = ["message_of", "scrub_text"]

#: How long an answer that is not about the block layer may be.
LONGEST = 4096
#: Numbers of processes and threads.
NUMBERS = ("thread-id", "pid")
_FOLDERS = (
    # The folder of one life of a domain, whose number counts them.
    (re.compile(r"/var/lib/libvirt/qemu/domain-\d+-demo"), "/run/demo"),
    # The other end of a migration has a root of its own.
    (re.compile(r"/dst/images\b"), "/images"),
)


def scrub_text(text: str) -> str:
    """Rename folders of the machine that records."""
    for old, new in _FOLDERS:
        text = old.sub(new, text)
    return text


def message_of(said: Said) -> dict[str, Any]:
    """Return a message as a recording has it."""
    message = {it: said.message[it] for it in said.message if it not in ("id", "timestamp")}
    if "return" in message and not _about_blocks(said.to):
        size = len(json.dumps(message["return"]))
        if size > LONGEST:
            return {"return": {"elided": f"{size} bytes, not about the block layer"}}
    found: dict[str, Any] = _clean(message)
    return found


def _about_blocks(command: str) -> bool:
    return "block" in command or "job" in command


def _clean(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, list):
        return [_clean(it) for it in value]
    if not isinstance(value, Mapping):
        return value
    new = {it: _clean(value[it]) for it in value}
    for name in NUMBERS:
        if isinstance(new.get(name), int):
            new[name] = 0
    for holder in (new, new.get("props")):
        if isinstance(holder, dict) and new.get("qom-type") == "secret":
            holder.update({it: "BASE64" for it in ("data", "iv") if it in holder})
    return new
