# SPDX-License-Identifier: GPL-2.0-or-later
"""Small changes of QEMU's behaviour, as careless patches bring them.

A file of ``tests/mutants``::

    One sentence: what a user could see.
    Topic: drain                    words of the paths of examples that are tried first
    Unnoticed: why no example can   only if that is so

    --- a/block/io.c
    +++ b/block/io.c
    …
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from blockdoc.errors import AuthorError, MissingError, Place

__all__ = ["Mutant", "read_mutants"]

CHANGED = re.compile(r"^\+\+\+ b/(\S+)", re.MULTILINE)
HEADS = ("Topic", "Unnoticed")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A patch, and what it is about."""

    name: str
    #: Path as the user should see it.
    path: str
    #: What a user could see, in one sentence.
    what: str
    topic: str
    #: Why no example can notice it, or empty.
    unnoticed: str
    text: str

    @property
    def files(self) -> tuple[str, ...]:
        """The files of QEMU that it changes."""
        return tuple(CHANGED.findall(self.text))

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.path, 1)


def read_mutants(folder: Path, root: Path, names: Sequence[str] = ()) -> list[Mutant]:
    """Return the patches of `folder`, or those with these names.

    :raise AuthorError: one is not written as it should be.
    :raise MissingError: there is none, or none of a name.
    """
    there = {path.stem: path for path in sorted(folder.glob("*.patch"))}
    unknown = [name for name in names if name not in there]
    if unknown or not there:
        what = f"{unknown[0]}.patch" if unknown else "patches"
        raise MissingError(f"no {what} in {folder}; there are: {', '.join(there) or 'none'}")
    return [_read(there[name], root) for name in names or there]


def _read(path: Path, root: Path) -> Mutant:
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    text = path.read_text(encoding="utf-8")
    head = text.partition("\n\n")[0].splitlines()
    what, said = head[0] if head else "", {}
    for number, line in enumerate(head[1:], start=2):
        key, colon, value = line.partition(": ")
        if not colon or key not in HEADS:
            message = f"{line!r}: expected one of {', '.join(f'`{it}: …`' for it in HEADS)}"
            raise AuthorError(message, Place(shown, number))
        said[key] = value.strip()
    if not what or "Topic" not in said or not CHANGED.search(text):
        message = "expected a sentence, `Topic: …`, an empty line, and a patch"
        raise AuthorError(message, Place(shown, 1))
    return Mutant(path.stem, shown, what, said["Topic"], said.get("Unnoticed", ""), text)
