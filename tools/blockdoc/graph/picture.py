# SPDX-License-Identifier: GPL-2.0-or-later
"""What a debugging eye wants beside the graph: files, sizes, jobs, bitmaps, machines.

::

    Picture ─┬─ graph     the small model, as in the guide's fences
             ├─ facts     by Node.id: everything else that is known of a node or a user
             ├─ groups    throttle groups and their limits
             └─ machines  whose graph it is, and whether it is of one moment

The graph stays as small as the guide's fences need it; nothing of the facts enters
them.  A fact that QEMU makes up anew in every run is kept out of what is compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from blockdoc.graph.model import Graph

__all__ = ["Bitmap", "Facts", "Group", "Machine", "Picture"]


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A dirty bitmap of a node."""

    name: str
    #: Bytes that one bit stands for.
    granularity: int = 0
    #: Bytes that are dirty.
    count: int = 0
    #: Of: recording, persistent, busy, inconsistent.
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a node or a user beside its name, driver and flags."""

    #: Name that QEMU made up for this run, such as ``#block123``.
    generated: str = field(default="", compare=False)
    #: File, or address, that a node stands for.
    file: str = ""
    #: Length of a node in bytes.
    size: int | None = None
    #: Of: inactive, unnamed, implicit, encrypted.
    flags: tuple[str, ...] = ()
    #: What holds a backend: the path of the device among QEMU's objects.
    device: str = ""
    #: Status of a job; I/O status of a backend that is not ``ok``.
    state: str = ""
    #: Progress of a job: done and all, in the job's unit (bytes, for most).
    offset: int | None = None
    length: int | None = None
    #: Throttle group.
    group: str = ""
    bitmaps: tuple[Bitmap, ...] = ()
    #: Where an edge to another process leads: what the match rests on.
    matched: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A throttle group and the limits that are set."""

    name: str
    limits: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Machine:
    """A QEMU process whose graph is shown."""

    #: Empty if there is only one.
    label: str = ""
    #: Version, such as ``10.2.2``.
    qemu: str = ""
    #: Whether all answers were given while the graph stood still.
    consistent: bool = True
    #: Jobs that use no node, such as one that creates an image: id, type, status.
    jobs: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A graph with all that is known of it."""

    graph: Graph = field(default_factory=Graph)
    facts: Mapping[str, Facts] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    machines: tuple[Machine, ...] = (Machine(),)

    def of(self, node: str) -> Facts:
        """Say what is known of a node."""
        return self.facts.get(node, _NOTHING)


_NOTHING = Facts()
