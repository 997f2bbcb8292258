# SPDX-License-Identifier: GPL-2.0-or-later
"""What an example is: one file, one machine, steps in order.

::

    Example ─┬─ Machine ── Image …          from the front matter
             └─ Step ── Fence …             one id; one fence for each alternative
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from blockdoc.errors import Place
from blockdoc.transcript import Condition, Release, choose

__all__ = ["Example", "Fence", "Image", "Machine", "MachineKind", "Step", "StepKind"]

MachineKind = Literal["storage-daemon", "system"]
StepKind = Literal["qmp", "graph"]


@dataclass(frozen=True, slots=True)
class Image:
    """An image file that is made before QEMU starts."""

    #: File name, relative to the example's own directory.
    name: str
    #: Format as ``qemu-img create -f`` names it.
    format: str
    #: Size as ``qemu-img`` reads it (``64M``), or None to take the backing file's.
    size: str | None
    #: Name of the backing image, if any.
    backing: str | None
    #: Format of the backing image, where there is one.
    backing_format: str | None
    #: Format options (``-o``), each ``key=value``.
    options: tuple[str, ...]
    #: ``qemu-io`` commands that fill it (``write -P 0x11 0 1M``).
    data: tuple[str, ...]
    #: The line of the front matter that asks for it.
    place: Place


@dataclass(frozen=True, slots=True)
class Machine:
    """The QEMU process that an example speaks to."""

    kind: MachineKind
    #: More command line, word by word.
    args: tuple[str, ...]
    #: In the order in which they must be made.
    images: tuple[Image, ...]


@dataclass(frozen=True, slots=True)
class Fence:
    """The text of a step, where it stands in the file."""

    #: The line that opens the fence.
    place: Place
    #: The first line of the body (of the closing fence, if the body is empty).
    body: Place
    #: Offset of the body in the file's text.
    start: int
    #: Offset of the end of the body (just before the closing fence's line).
    end: int
    #: The body: ``text[start:end]`` of the file.
    text: str
    #: The releases it is for, or None for all.
    when: Condition | None
    #: The directive's options as the author wrote them.
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One fence of an example, or its alternatives by release; one test item."""

    id: str
    kind: StepKind
    alternatives: tuple[Fence, ...]

    def fence(self, release: Release) -> Fence:
        """Return the one alternative that applies to `release`.

        :raise AuthorError: none applies, or more than one.
        """
        conditions = [fence.when for fence in self.alternatives]
        return self.alternatives[choose(conditions, release)]


@dataclass(frozen=True, slots=True)
class Example:
    """One file under examples/: a page, and a program."""

    #: Path relative to the repository's root, with ``/``.
    path: str
    title: str
    machine: Machine
    #: The releases it can run on, or None for all.
    requires: Condition | None
    steps: tuple[Step, ...]
