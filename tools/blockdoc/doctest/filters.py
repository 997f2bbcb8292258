# SPDX-License-Identifier: GPL-2.0-or-later
r"""Named filters: what differs from run to run becomes a word.

The names are those that QEMU's iotests write into their output::

    name        what it replaces                                   by
    ─────────── ────────────────────────────────────────────────── ───────────
    TEST_DIR    the path of the example's folder                   TEST_DIR
    NODE_NAME   a name that QEMU made up: #block123                NODE_NAME
    OFFSET      the number in a member "offset"                    "OFFSET"
    QEMU_IO     how long qemu-io took, and how fast it was         X ops; XX:XX…
    IMGFMT      the format of the example's images                 IMGFMT

A step asks for them by name, ``:filters: NODE_NAME OFFSET``; what they did is part of
a failure.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from blockdoc.errors import AuthorError
from blockdoc.example import Example, Fence
from blockdoc.transcript import Json

__all__ = ["FILTERS", "Filters", "filters_of"]


@dataclass(frozen=True, slots=True)
class Filter:
    """What is replaced in texts, and of which members the number is."""

    pattern: re.Pattern[str]
    word: str
    member: str = ""


Make = Callable[[Example, Path], Filter]


def _formats(example: Example, _folder: Path) -> Filter:
    names = sorted({re.escape(image.format) for image in example.images}) or [r"(?!)"]
    return Filter(re.compile(rf"\b(?:{'|'.join(names)})\b"), "IMGFMT")


FILTERS: Mapping[str, Make] = {
    "TEST_DIR": lambda _, folder: Filter(re.compile(re.escape(str(folder))), "TEST_DIR"),
    "NODE_NAME": lambda *_: Filter(re.compile(r"#block\d+"), "NODE_NAME"),
    "OFFSET": lambda *_: Filter(
        re.compile(r'(?<="offset": )\d+|(?<=offset )\d+'), "OFFSET", "offset"
    ),
    "QEMU_IO": lambda *_: Filter(
        re.compile(r"(?<=, )\d+ ops; [\d:.]+(?: sec)? \([^)\n]*/sec and [^)\n]* ops/sec\)"),
        "X ops; XX:XX:XX.X (XXX YYY/sec and XXX ops/sec)",
    ),
    "IMGFMT": _formats,
}


@dataclass(slots=True)
class Filters:
    """The filters of one step, and what they have replaced so far."""

    chosen: Mapping[str, Filter] = field(default_factory=dict)
    #: How often each text was replaced, by filter and text.
    replaced: Counter[tuple[str, str]] = field(default_factory=Counter)

    def text(self, text: str) -> str:
        """Return `text` as the author sees it."""
        for name, it in self.chosen.items():
            self.replaced.update((name, found[0]) for found in it.pattern.finditer(text))
            text = it.pattern.sub(it.word, text)
        return text

    def json(self, value: Json) -> Json:
        """Return a message as the author sees it."""
        return self._json(value, "") if self.chosen else value

    def _json(self, value: Json, member: str) -> Json:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self._json(it, key) for key, it in value.items()}
        if isinstance(value, list):
            return [self._json(it, member) for it in value]
        return self._number(value, member)

    def _number(self, value: Json, member: str) -> Json:
        for name, it in self.chosen.items():
            if it.member and it.member == member and type(value) is int:
                self.replaced[name, str(value)] += 1
                return it.word
        return value

    def notes(self) -> Iterator[str]:
        """Say what was replaced, a line for each text."""
        for (name, text), count in self.replaced.items():
            times = f", {count} times" if count > 1 else ""
            yield f"filter {name} replaced {text!r} by {self.chosen[name].word!r}{times}"


def filters_of(fence: Fence, example: Example, folder: Path) -> Filters:
    """Return the filters that a step asks for.

    :raise AuthorError: there is none of that name.
    """
    names: Sequence[str] = fence.options.get("filters", "").replace(",", " ").split()
    for name in names:
        if name not in FILTERS:
            message = f"filter {name!r}: there is none; there are {', '.join(FILTERS)}"
            raise AuthorError(message, fence.place)
    return Filters({name: FILTERS[name](example, folder) for name in names})
