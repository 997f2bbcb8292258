# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways in which a core file is damaged, each chosen by a seed."""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from cores import LOAD, NOTE, REGISTERS, Core

PAGE, WORD = 4096, 8
#: In NT_PRSTATUS of x86-64: how many registers there are.
NUMBER = 27


@dataclass(frozen=True)
class Walked:
    """Where the commands went in the core file that is whole: see walked.py."""

    #: Of each list what its links are called, where they are in an element, and those.
    lists: list[tuple[str, int, list[int]]]
    #: Address and size of structures, and of what is read otherwise.
    structures: list[tuple[int, int]]
    coroutines: list[int]

    @classmethod
    def of(cls, path: Path, core: Core) -> "Walked":
        """Read what walked.py has written; what is in the program's file only is left out."""
        found: dict[str, Any] = json.loads(path.read_text())
        return cls(
            [(it["link"], it["at"], it["elements"]) for it in found["lists"]],
            [
                (at, size)
                for at, size in (*found["structures"], *found["reads"])
                if size >= WORD and core.has(at) and core.has(at + size - 1)
            ],
            found["coroutines"],
        )

    def word(self, choice: Random) -> int:
        """Return the address of a word in one of the structures."""
        at, size = choice.choice(self.structures)
        return at + WORD * choice.randrange(size // WORD)

    def page(self, core: Core, choice: Random) -> int:
        """Return the address of a page: every other is one that the commands read."""
        if choice.random() < 0.5:
            return self.word(choice) // PAGE * PAGE
        return core.address(choice.randrange(core.words())) // PAGE * PAGE


@dataclass(frozen=True)
class Harm:
    """What was done to a core file."""

    words: str
    #: What must be said of it, as a regular expression.
    said: str = ""


Damage = Callable[[Core, Random, Walked], Harm]
#: There is a note; or so much is gone that gdb knows no core file in it.
NOTED = "note: |no process and no core file"


def _cut(core: Core, choice: Random, _: Walked) -> Harm:
    """Cut it short: most are cut in the first part, where what is small lies."""
    part = choice.random() ** choice.choice((1, 4, 12))
    core.cut(part)
    size = core.path.stat().st_size
    lacks = any(it.writable and it.offset + it.size > size for it in core.of(LOAD))
    return Harm(f"cut to {size} bytes", NOTED if lacks else "")


def _pages(what: str, content: Callable[[int, Core, Random], bytes]) -> Damage:
    def damage(core: Core, choice: Random, walked: Walked) -> Harm:
        pages = [walked.page(core, choice) for _ in range(choice.choice((1, 3, 10, 60)))]
        for page in pages:
            core.overwrite(page, content(page, core, choice))
        return Harm(f"{what} in {len(pages)} pages")

    return damage


def _noise(_: int, __: Core, choice: Random) -> bytes:
    return choice.randbytes(PAGE)


def _zeroes(_: int, __: Core, ___: Random) -> bytes:
    return bytes(PAGE)


def _itself(page: int, _: Core, choice: Random) -> bytes:
    """Point back into the same page, from each word of it."""
    to = [page + 8 * choice.randrange(PAGE // 8) for _ in range(choice.choice((1, 4)))]
    return struct.pack("<512Q", *(choice.choice(to) for _ in range(PAGE // 8)))


def _pointers(_: int, core: Core, choice: Random) -> bytes:
    """Point to anywhere, from each word of it."""
    words = core.words()
    return struct.pack("<512Q", *(core.address(choice.randrange(words)) for _ in range(512)))


def _words(core: Core, choice: Random, walked: Walked) -> Harm:
    """Overwrite words of what is read."""
    places = [walked.word(choice) for _ in range(choice.choice((1, 5, 40, 400)))]
    for place in places:
        around = (place, walked.word(choice), place & ~0xFF, core.address(0))
        wrong = (0, 1, 8, 0x4141414141414141, (1 << 64) - 8, choice.getrandbits(64))
        core.write(place, choice.choice((*around, *wrong)))
    return Harm(f"{len(places)} words")


def _circle(core: Core, choice: Random, walked: Walked) -> Harm:
    """Let a list go round."""
    link, at, elements = choice.choice(walked.lists)
    last = choice.randrange(len(elements))
    first = choice.randrange(last + 1)
    core.write(elements[last] + at, elements[first])
    words = f"{link}: after {hex(elements[last])} comes {hex(elements[first])}"
    return Harm(words, f"(note: .*|Graph lock: )the list of {link} goes round")


def _threads(core: Core, choice: Random, _: Walked) -> Harm:
    """Take away the notes of threads, or all notes."""
    if choice.random() < 0.2:
        core.drop(core.of(NOTE)[0])
        return Harm("no notes", NOTED)
    threads = core.threads()
    gone = choice.sample(range(len(threads)), choice.randint(1, len(threads)))
    for number in gone:
        core.patch(threads[number] - 12, struct.pack("<I", 0x7FFFFFFF))
    return Harm(f"no threads {gone}", NOTED)


def _registers(core: Core, choice: Random, _: Walked) -> Harm:
    """Give threads other registers: among them thread-local storage, pc and sp."""
    threads = core.threads()
    for place in threads:
        for number in range(NUMBER):
            if choice.random() < 0.3:
                value = choice.choice((0, choice.getrandbits(64), core.address(0)))
                core.patch(place + REGISTERS + 8 * number, struct.pack("<Q", value))
    return Harm("registers")


def _notes(core: Core, choice: Random, _: Walked) -> Harm:
    """Overwrite some of the notes: of threads, of what is mapped, of the auxiliary vector."""
    (notes,) = core.of(NOTE)
    places = [choice.randrange(notes.size) for _ in range(choice.choice((1, 10, 200)))]
    for place in places:
        core.patch(notes.offset + place, choice.randbytes(1))
    return Harm(f"{len(places)} bytes of notes")


def _segments(core: Core, choice: Random, walked: Walked) -> Harm:
    """Take away segments."""
    loads = core.of(LOAD)
    gone = choice.sample(loads, choice.randint(1, len(loads)) if choice.random() < 0.5 else 1)
    for it in gone:
        core.drop(it)
    lacks = any(
        it.address <= at < it.address + it.size for it in gone for at, _ in walked.structures
    )
    return Harm(f"{len(gone)} segments less", NOTED if lacks else "")


def _headers(core: Core, choice: Random, _: Walked) -> Harm:
    """Overwrite some of the program headers."""
    headers = choice.sample(core.segments, choice.choice((1, 5)))
    for it in headers:
        core.patch(it.header + choice.randrange(56), choice.randbytes(choice.choice((1, 8))))
    return Harm(f"{len(headers)} headers")


KINDS: tuple[Damage, ...] = (
    _cut,
    _pages("noise", _noise),
    _pages("zeroes", _zeroes),
    _pages("pointers into the same page", _itself),
    _pages("pointers to anywhere", _pointers),
    _words,
    _circle,
    _threads,
    _registers,
    _notes,
    _segments,
    _headers,
)


def damage(core: Core, seed: int, walked: Walked) -> Harm:
    """Damage a core file in the way of a seed; return how."""
    kind = KINDS[seed % len(KINDS)]
    return kind(core, Random(seed), walked)  # noqa: S311 - the same each time
