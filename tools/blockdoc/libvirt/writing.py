# SPDX-License-Identifier: GPL-2.0-or-later
"""Write a recording: the format is described in docs/tools/replay.md."""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from blockdoc.libvirt.log import Said
from blockdoc.libvirt.scrub import message_of, scrub_text

__all__ = ["command_line", "conversation", "sequence", "text_of"]

#: Members whose elements stand on lines of their own.
_LISTS = ("operation", "output", "nodes_after", "conversation")


#: What is behind no id: the CPU, of whose features libvirt asks hundreds one by one.
LEFT_OUT = "libvirt asks for features of the CPU with qom-get; left out"
_NAMELESS = "/machine/unattached/"


def conversation(spoken: Iterable[Said | str]) -> list[dict[str, Any]]:
    """Return the messages of an operation; a text is a note about something else."""
    found: list[dict[str, Any]] = []
    first: int | None = None
    asking = False
    for said in spoken:
        if isinstance(said, Said) and said.to == "qom-get" and asking:
            continue
        asking = _asks_the_cpu(said)
        if asking:
            if not found or found[-1].get("note") != LEFT_OUT:
                found.append({"dir": "--", "note": LEFT_OUT})
            continue
        if isinstance(said, str):
            found.append({"dir": "--", "note": said})
            continue
        first = said.monitor if first is None else first
        item: dict[str, Any] = {"dir": said.arrow, "msg": message_of(said)}
        if said.to:
            item["to"] = said.to
        if said.monitor != first:
            item["monitor"] = said.monitor - first
        found.append(item)
    return found


def _asks_the_cpu(said: Said | str) -> bool:
    if isinstance(said, str) or said.message.get("execute") != "qom-get":
        return False
    return str(said.message["arguments"]["path"]).startswith(_NAMELESS)


def sequence(items: Iterable[Mapping[str, Any]], *, events: bool) -> list[str]:
    """Return names of what was sent and told, in order; repetitions are counted."""
    names = list(_names(items, events=events))
    counted = [(name, len(list(same))) for name, same in itertools.groupby(names)]
    return [
        name if times == 1 or name.startswith(("[", "*")) else f"{name} x{times}"
        for name, times in counted
    ]


def _names(items: Iterable[Mapping[str, Any]], *, events: bool) -> Iterator[str]:
    for item in items:
        message = item.get("msg", {})
        if item["dir"] == "--":
            yield f"[{item['note']}]"
        elif item["dir"] == "->":
            yield _command(message)
        elif "event" in message and events:
            status = message.get("data", {}).get("status", "")
            told = f":{status}" if message["event"] == "JOB_STATUS_CHANGE" else ""
            yield f"*{message['event']}{told}"


def _command(message: Mapping[str, Any]) -> str:
    if message["execute"] != "transaction":
        return str(message["execute"])
    return f"transaction({'+'.join(it['type'] for it in message['arguments']['actions'])})"


def command_line(words: Sequence[str]) -> list[list[Any]]:
    """Pair options with their values; values that are JSON are parsed."""
    found: list[list[Any]] = []
    for word in words:
        value = scrub_text(word)
        if value.startswith("-"):
            found.append([value])
        else:
            found[-1].append(json.loads(value) if value.startswith("{") else value)
    return found


def text_of(recording: Mapping[str, Any]) -> str:
    """Write a recording: a message on each line."""
    members = (f" {json.dumps(name)}: {_member(name, recording[name])}" for name in recording)
    return "{\n" + ",\n".join(members) + "\n}\n"


def _member(name: str, value: Any) -> str:  # noqa: ANN401 - JSON
    if name in _LISTS and isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"  {json.dumps(it)}" for it in value) + "\n ]"
    return json.dumps(value)
