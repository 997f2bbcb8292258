# SPDX-License-Identifier: GPL-2.0-or-later
"""What an example is: one file, its machines and images, steps in order.

::

    Example ─┬─ Image …                     from the front matter: one folder for all
             ├─ Machine …                   from the front matter: one, or several by name
             └─ Step ── Fence …             one id; one fence for each alternative
"""

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import indent
from typing import Literal

from blockdoc.errors import Place
from blockdoc.transcript import Condition, Target, choose

__all__ = ["Example", "Fence", "Image", "Machine", "MachineKind", "Step", "StepKind"]

MachineKind = Literal["storage-daemon", "system"]
FIRST_LINE = Place("", 1)
#: What a fence holds: QMP, a recorded graph, a tool's command line, the human monitor,
#: trace events, gdb.
StepKind = Literal["qmp", "graph", "console", "hmp", "trace", "gdb"]


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
    """A QEMU process that an example speaks to."""

    kind: MachineKind
    #: More command line, word by word.
    args: tuple[str, ...] = ()
    #: Patterns of the trace events that are on from the start (``blk_co_*``).
    trace: tuple[str, ...] = ()
    #: What steps call it (`:vm: dst`); empty if it is the only one.
    name: str = ""
    #: The line of the front matter that says how it is started.
    place: Place = FIRST_LINE


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
    #: The body: ``text[start:end]`` of the file, without `indent`.
    text: str
    #: The QEMUs it is for, or None for all.
    when: Condition | None
    #: The directive's options as the author wrote them.
    options: Mapping[str, str]
    #: What each line of the body begins with in the file, where it is not empty.
    indent: str = ""

    def written(self, text: str) -> str:
        """Return a body as it has to stand in the file."""
        is_first = self.indent and not self.text  # of reStructuredText: a blank line above
        return ("\n" if is_first else "") + indent(text, self.indent)

    @property
    def vm(self) -> str:
        """The machine that it speaks to; empty for the only one."""
        return self.options.get("vm", "")

    @property
    def ends(self) -> str:
        """How QEMU ends in it, where a bug ends it; empty if it goes on."""
        return self.options.get("ends", "")

    @property
    def shows(self) -> frozenset[str]:
        """What it shows on purpose: ``deprecated``, ``unstable``."""
        return frozenset(self.options.get("shows", "").split())


@dataclass(frozen=True, slots=True)
class Step:
    """One fence of an example, or its alternatives by release; one test item."""

    id: str
    kind: StepKind
    alternatives: tuple[Fence, ...]

    def fence(self, target: Target) -> Fence:
        """Return the one alternative that applies to the QEMU `target`.

        :raise AuthorError: none applies, or more than one.
        """
        conditions = [fence.when for fence in self.alternatives]
        return self.alternatives[choose(conditions, target)]


@dataclass(frozen=True, slots=True)
class Example:
    """One file under examples/: a page, and a program."""

    #: Path relative to the repository's root, with ``/``.
    path: str
    #: SHA-256 of the file's text.
    digest: str
    title: str
    #: At least one; each starts at the first step that speaks to it.
    machines: tuple[Machine, ...]
    #: Made before all steps, in this order, in the one folder that the machines share.
    images: tuple[Image, ...]
    #: How long all steps together may take, in seconds, or None for the usual time.
    timeout: float | None
    #: The QEMUs it can run on, or None for all.
    requires: Condition | None
    #: What all its steps show on purpose, as :attr:`Fence.shows`.
    shows: frozenset[str]
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """What it is called: its path without ``examples/`` and without the suffix."""
        return self.path.removeprefix("examples/").rpartition(".")[0]

    def machine(self, name: str) -> Machine:
        """Return the machine that steps call `name`, which is known to be there."""
        return next(it for it in self.machines if it.name == name)
