# SPDX-License-Identifier: GPL-2.0-or-later
"""Read an example file: front matter, title, steps with their alternatives."""

import re
from collections.abc import Iterable
from pathlib import Path

from blockdoc.errors import AuthorError, Place
from blockdoc.example.fences import RawStep, find_steps, tokens
from blockdoc.example.front_matter import FrontMatter, read_front_matter
from blockdoc.example.model import Example, Step

__all__ = ["is_example", "parse_example", "read_example", "read_text"]

#: What some readers take for the end of a line and others do not: lines could be miscounted.
OTHER_LINE_ENDS = re.compile("[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
BYTE_ORDER_MARK = "\ufeff"


def is_example(path: Path) -> bool:
    """Say whether `path` is an example rather than the index of a folder."""
    return path.suffix == ".md" and path.name not in {"index.md", "README.md"}


def read_example(path: Path, root: Path) -> Example:
    """Read the example at `path`; places are relative to `root`.

    :raise AuthorError: it is badly written, or not UTF-8.
    """
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    return parse_example(read_text(path, name), name)


def read_text(path: Path, name: str) -> str:
    """Return the text of the file at `path`, which users know by `name`.

    :raise AuthorError: it is not UTF-8, or cannot be read.
    """
    try:
        # newline="": offsets must be those of the file.
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise AuthorError(f"not UTF-8 at byte {error.start}", Place(name, 1)) from error
    except OSError as error:
        raise AuthorError(f"cannot be read: {error.strerror}", Place(name, 1)) from error


def parse_example(text: str, path: str) -> Example:
    """Parse the text of an example file.

    :raise AuthorError: it is badly written; with the line.
    """
    _refuse_other_characters(text, path)
    front = _front_matter(text, path)
    steps = _group(find_steps(text, path))
    if not steps:
        raise AuthorError(
            "no step in this example; write a {qmp-example} fence", Place(path, 1)
        )
    return Example(
        path=path,
        title=front.title or _heading(text) or path,
        machine=front.machine,
        requires=front.requires,
        steps=steps,
    )


def _refuse_other_characters(text: str, path: str) -> None:
    if text.startswith(BYTE_ORDER_MARK):
        message = "the file begins with a byte order mark; save it as UTF-8 without one"
        raise AuthorError(message, Place(path, 1))
    found = OTHER_LINE_ENDS.search(text)
    if found is None:
        return
    place = Place(path, text.count("\n", 0, found.start()) + 1)
    if found[0] == "\r":
        raise AuthorError("the line ends in CR LF; expected LF alone", place)
    name = f"U+{ord(found[0]):04X}"
    raise AuthorError(f"the line contains {name}, which may end a line; remove it", place)


def _front_matter(text: str, path: str) -> FrontMatter:
    for token in tokens(text):
        if token.type == "front_matter" and token.map is not None:
            return read_front_matter(token.content, Place(path, token.map[0] + 2))
    return FrontMatter()


def _heading(text: str) -> str | None:
    stream = iter(tokens(text))
    for token in stream:
        if token.type == "heading_open":
            return next(stream).content
    return None


def _group(raw: Iterable[RawStep]) -> tuple[Step, ...]:
    """Join neighbouring fences of one id: they are alternatives."""
    steps: list[Step] = []
    for item in raw:
        previous = next((step for step in steps if step.id == item.id), None)
        if previous is None:
            steps.append(Step(item.id, item.kind, (item.fence,)))
            continue
        if previous is not steps[-1] or previous.kind != item.kind:
            raise _twice(item, previous)
        if item.fence.when is None or any(it.when is None for it in previous.alternatives):
            raise _twice(item, previous)
        steps[-1] = Step(item.id, item.kind, (*previous.alternatives, item.fence))
    return tuple(steps)


def _twice(item: RawStep, previous: Step) -> AuthorError:
    return AuthorError(
        f"id {item.id!r} is already that of line {previous.alternatives[0].place.line}; "
        "alternatives of one step follow each other, each with a `when:`",
        item.fence.place,
    )
