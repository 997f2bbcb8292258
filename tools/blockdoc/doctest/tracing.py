# SPDX-License-Identifier: GPL-2.0-or-later
r"""Steps that show what QEMU has traced since the last such step.

::

    :events:   bdrv_co_pread*            only these of the machine's events
    :names:    bs1=overlay bs2=base      what the pointers are called from here on

    blk_co_preadv blk 0x55d0a5e5d350 bs 0x55d0a5e66400 offset 0 bytes 512 flags 0x0
    ─► blk_co_preadv blk <blk1> bs <bs1> offset 0 bytes 512 flags 0x0

A pointer is called by the name that its first argument has, and a number; the same
pointer has the same name in all steps of the machine.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from blockdoc.doctest.filters import Filters
from blockdoc.doctest.problem import Problem, StepError
from blockdoc.errors import AuthorError, Place, QemuError
from blockdoc.example import Fence
from blockdoc.qemu import TraceFile
from blockdoc.transcript import Edit, revise_lines

__all__ = ["Names", "Tracing"]

#: An argument that is a pointer; numbers that are as long are rare, and 64-bit Linux
#: gives programs no shorter addresses.
POINTER = re.compile(r"(?P<argument>\w+)(?P<between> )(?P<pointer>0x[0-9a-f]{11,16})\b")
RENAMING = re.compile(r"([a-z_]\w*)=([A-Za-z][\w.-]*)")


@dataclass(slots=True)
class Names:
    """What the pointers of one machine are called."""

    known: dict[str, str] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)

    def line(self, line: str) -> str:
        """Return a line with names in the place of pointers."""
        return POINTER.sub(self._named, line)

    def rename(self, old: str, new: str) -> bool:
        """Call a pointer otherwise from here on; say whether there is one."""
        found = [pointer for pointer, name in self.known.items() if name == old]
        self.known.update(dict.fromkeys(found, new))
        return bool(found)

    def _named(self, found: re.Match[str]) -> str:
        argument, pointer = found["argument"], found["pointer"]
        if pointer not in self.known:
            self._counts[argument] += 1
            self.known[pointer] = f"{argument}{self._counts[argument]}"
        return f"{argument}{found['between']}<{self.known[pointer]}>"


@dataclass(frozen=True, slots=True)
class Tracing:
    """A fence of trace events, and the file that QEMU writes them to."""

    fence: Fence
    file: TraceFile
    names: Names
    filters: Filters

    def hold(self) -> None:
        """Compare what was traced with what is written.

        :raise StepError: something else was traced.
        :raise BlockdocError: an option is wrong, or too much was traced.
        """
        old, new = self._written(), self._lines()
        if old == new:
            return
        pairs = zip(old, new, strict=False)
        same = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))
        text = self.fence.text
        above = text[: len(text) - len(text.lstrip())].count("\n")
        place = Place(self.fence.body.path, self.fence.body.line + above + same)
        message = "QEMU traced something else"
        notes = tuple(self.filters.notes())
        raise StepError(Problem(place, message, _joined(old), _joined(new), notes))

    def edits(self) -> list[Edit]:
        """Return what has to change in the fence's text.

        :raise BlockdocError: an option is wrong, or too much was traced.
        """
        old, new = self._written(), self._lines()
        if old == new:
            return []
        text = self.fence.text
        if not text.strip():  # below the options, with a blank line
            return [Edit(0, len(text), "\n" + _joined(new))]
        start = len(text) - len(text.lstrip())
        return [Edit(start, len(text), _joined(new))]

    def _written(self) -> list[str]:
        return [line.rstrip() for line in self.fence.text.strip().splitlines()]

    def _lines(self) -> list[str]:
        """Return the lines that hold for what was traced, the author's where they still do."""
        try:
            raw = self.file.more()
        except QemuError as error:
            raise QemuError(error.message, self.fence.place) from error
        chosen = list(self._chosen(raw))
        named = [self.names.line(line) for line in chosen]
        if self._rename():
            named = [self.names.line(line) for line in chosen]
        return revise_lines(self._written(), [self.filters.text(line) for line in named])

    def _chosen(self, lines: Sequence[str]) -> Iterable[str]:
        patterns = self.fence.options.get("events", "*").replace(",", " ").split()
        for line in lines:
            name = line.partition(" ")[0]
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                yield line

    def _rename(self) -> bool:
        words = self.fence.options.get("names", "").replace(",", " ").split()
        for word in words:
            found = RENAMING.fullmatch(word)
            if found is None:
                message = f"names {word!r}: expected one name for another, such as bs1=base"
                raise AuthorError(message, self.fence.place)
            if not self.names.rename(found[1], found[2]):
                there = ", ".join(dict.fromkeys(self.names.known.values())) or "none"
                message = f"names {word!r}: no pointer is called {found[1]}; there are: {there}"
                raise AuthorError(message, self.fence.place)
        return bool(words)


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
