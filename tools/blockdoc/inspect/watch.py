# SPDX-License-Identifier: GPL-2.0-or-later
"""Follow a graph: events wake us, and we poll, because no event announces a change of it.

::

    event ──┐
            ├──► look ──► another graph than before? ──► a frame of the recording
    poll  ──┘                    no: only progress  ──► the last frame, brought up to date
"""

import contextlib
import select
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from blockdoc.errors import AuthorError, QemuError
from blockdoc.graph.ask import only
from blockdoc.graph.join import join
from blockdoc.graph.model import Graph
from blockdoc.graph.picture import Picture
from blockdoc.inspect.libvirt import Domain
from blockdoc.inspect.monitor import Monitor
from blockdoc.inspect.sources import Looks

__all__ = ["Event", "Frame", "Recording", "follow"]

#: How many frames are kept; of more, the oldest go.
MOST: Final = 5000


@dataclass(frozen=True, slots=True)
class Event:
    """An event of QEMU."""

    #: Seconds since the recording began.
    at: float
    machine: str
    name: str
    #: What it is about: the job, its new status and the like.
    about: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A graph, from when on it was seen, and when it was seen last."""

    number: int
    at: float
    until: float
    picture: Picture


@dataclass(slots=True)
class Recording:
    """All that was seen."""

    frames: list[Frame] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    #: Why it ended, if it did by itself.
    ended: str = ""
    #: How many frames were dropped at the beginning.
    dropped: int = 0
    #: What is kept of each picture: all, or what is connected with this name.
    only: str = ""

    def see(self, at: float, picture: Picture) -> bool:
        """Take in a picture; tell whether it made a new frame.

        :raise AuthorError: nothing in the first picture has the name that is asked for.
        """
        picture = self._focused(picture)
        if self.frames and _still(self.frames[-1].picture) == _still(picture):
            self.frames[-1] = replace(self.frames[-1], until=at, picture=picture)
            return False
        self.frames.append(Frame(self.dropped + len(self.frames), at, at, picture))
        if len(self.frames) > MOST:
            del self.frames[0]
            self.dropped += 1
        return True

    def _focused(self, picture: Picture) -> Picture:
        """Keep what is asked for; nothing while nothing has the name any more."""
        try:
            return only(picture, self.only) if self.only else picture
        except AuthorError:
            if not self.frames:
                raise
            return replace(picture, graph=Graph(), groups=())


def follow(
    looks: Looks,
    interval: float,
    limit: float | None,
    recording: Recording,
    lock: contextlib.AbstractContextManager[Any],
) -> Iterator[bool]:
    """Look again and again; yield after each look whether there is a new frame or event.

    :param interval: seconds between two looks if no event comes.
    :param limit: seconds after which to stop.
    :param lock: held while the recording is changed.
    :raise QemuError: only if not even the first look succeeds.
    """
    start = time.monotonic()
    tellers = {label: teller for label, (teller, _) in looks.items()}
    while limit is None or time.monotonic() - start <= limit:
        try:
            picture = join({label: look.take() for label, (_, look) in looks.items()})
            with lock:
                told = _events(tellers, start, recording)
                new = recording.see(_since(start), picture)
            yield told or new
            _wait(list(tellers.values()), interval)
        except QemuError as error:
            if not recording.frames:
                raise
            with lock:
                _events(tellers, start, recording, gone=True)
                recording.ended = str(error)
            yield True
            return


def _since(start: float) -> float:
    return round(time.monotonic() - start, 3)


def _wait(tellers: Sequence[Monitor | Domain], interval: float) -> None:
    """Wait for an event, or for the time to poll."""
    monitors = [it for it in tellers if isinstance(it, Monitor)]
    if not any(it.events for it in monitors):
        select.select(monitors, [], [], interval)
    for monitor in monitors:
        monitor.collect()


def _events(
    tellers: Mapping[str, Monitor | Domain],
    start: float,
    recording: Recording,
    *,
    gone: bool = False,
) -> bool:
    """Take the events that have come since the last look."""
    found = False
    for label, teller in tellers.items():
        if not isinstance(teller, Monitor):
            continue
        if gone:
            teller.drain()
        for message in teller.events:
            name, about = str(message["event"]), _about(message.get("data"))
            recording.events.append(Event(_since(start), label, name, about))
            found = True
        teller.events.clear()
    return found


def _about(data: Any) -> str:  # noqa: ANN401 - JSON
    """Say the members of an event that are words or numbers."""
    if not isinstance(data, dict):
        return ""
    plain = [(key, it) for key, it in data.items() if isinstance(it, str | int)]
    plain.sort(key=lambda it: (it[0] not in _WHOSE, it[0]))
    return ", ".join(f"{key} {value}" for key, value in plain)


#: Members that say whom an event is about; they come first.
_WHOSE: Final = frozenset({"id", "device", "node-name"})


def _still(picture: Picture) -> Picture:
    """Leave out what moves all the time: the progress of jobs, sizes, counts of bitmaps."""
    facts = {
        key: replace(
            it,
            offset=None,
            length=None,
            size=None,
            bitmaps=tuple(replace(bitmap, count=0) for bitmap in it.bitmaps),
        )
        for key, it in picture.facts.items()
    }
    return replace(picture, facts=facts)
