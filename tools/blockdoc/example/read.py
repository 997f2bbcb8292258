# SPDX-License-Identifier: GPL-2.0-or-later
"""Read an example file: front matter, title, steps with their alternatives."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from markdown_it.token import Token

from blockdoc.errors import AuthorError, Place
from blockdoc.example.fences import UNREADABLE, RawStep, find_steps, tokens
from blockdoc.example.front_matter import FrontMatter, read_front_matter
from blockdoc.example.model import Example, Fence, Machine, Step
from blockdoc.example.rst import RawPage, read_rst

__all__ = ["examples_below", "is_example", "parse_example", "read_example", "read_text"]

#: What some readers take for the end of a line and others do not: lines could be miscounted.
OTHER_LINE_ENDS = re.compile("[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
#: What is no text: MyST would read another character in its place.
NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f\ud800-\udfff]")
#: No example is larger, in bytes: each is written by hand.
LARGEST = 1 << 20
BYTE_ORDER_MARK = "\ufeff"
#: What an example is written in: Markdown as MyST reads it, or reStructuredText.
SUFFIXES = (".md", ".rst")


def is_example(path: Path) -> bool:
    """Say whether `path` is an example rather than the index of a folder."""
    return path.suffix in SUFFIXES and path.stem not in {"index", "README"}


def examples_below(folder: Path) -> Iterator[Path]:
    """Yield the examples of a folder and those below it, in order."""
    yield from sorted(it for it in folder.rglob("*") if is_example(it))


def read_example(path: Path, root: Path) -> Example:
    """Read the example at `path`; places are relative to `root`.

    :raise AuthorError: it is badly written, or not UTF-8.
    """
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    return parse_example(read_text(path, name), name)


def read_text(path: Path, name: str) -> str:
    """Return the text of the file at `path`, which users know by `name`.

    :raise AuthorError: it is not UTF-8, or too large, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise AuthorError(f"cannot be read: {error.strerror}", Place(name, 1)) from error
    if len(data) > LARGEST:
        message = f"the file has more than {LARGEST >> 20} MiB; show less, with `...`"
        raise AuthorError(message, Place(name, 1))
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"not UTF-8 at byte {error.start}; save the file as UTF-8"
        raise AuthorError(message, Place(name, line)) from error


def parse_example(text: str, path: str) -> Example:
    """Parse the text of an example file.

    :raise AuthorError: it is badly written; with the line.
    """
    _refuse_other_characters(text, path)
    page = read_rst(text, path) if path.endswith(".rst") else _read_markdown(text, path)
    front, steps = page.front, _group(page.steps)
    if not steps:
        what = ".. qmp-example::" if path.endswith(".rst") else "{qmp-example} fence"
        raise AuthorError(f"no step in this example; write a {what}", Place(path, 1))
    _check_machines(steps, front.machines)
    return Example(
        path=path,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        title=front.title or page.heading or path,
        machines=front.machines,
        images=front.images,
        timeout=front.timeout,
        requires=front.requires,
        shows=front.shows,
        steps=steps,
    )


def _read_markdown(text: str, path: str) -> RawPage:
    try:
        blocks = tokens(text)
    except UNREADABLE as error:
        message = f"MyST stumbles over this page ({type(error).__name__}): is it Markdown?"
        raise AuthorError(message, Place(path, 1)) from error
    front = _front_matter(blocks, path)
    return RawPage(front, _heading(blocks), tuple(find_steps(text, path, blocks)))


def _refuse_other_characters(text: str, path: str) -> None:
    if text.startswith(BYTE_ORDER_MARK):
        message = "the file begins with a byte order mark; save it as UTF-8 without one"
        raise AuthorError(message, Place(path, 1))
    found = OTHER_LINE_ENDS.search(text) or NO_TEXT.search(text)
    if found is None:
        return
    place = Place(path, text.count("\n", 0, found.start()) + 1)
    if found[0] == "\r":
        raise AuthorError("the line ends in CR LF; expected LF alone", place)
    name = f"U+{ord(found[0]):04X}"
    why = "is no text" if NO_TEXT.match(found[0]) else "may end a line"
    raise AuthorError(f"the line contains {name}, which {why}; remove it", place)


def _front_matter(blocks: Iterable[Token], path: str) -> FrontMatter:
    for token in blocks:
        if token.type == "front_matter" and token.map is not None:
            return read_front_matter(token.content, Place(path, token.map[0] + 2))
    return FrontMatter()


def _heading(blocks: Iterable[Token]) -> str | None:
    stream = iter(blocks)
    for token in stream:
        if token.type == "heading_open":
            return next(stream).content
    return None


def _group(raw: Iterable[RawStep]) -> tuple[Step, ...]:
    """Join neighbouring fences of one id: they are alternatives."""
    steps: dict[str, Step] = {}
    last = ""
    for item in raw:
        previous = steps.get(item.id)
        if previous is None:
            steps[item.id] = Step(item.id, item.kind, (item.fence,))
            last = item.id
            continue
        if item.id != last or previous.kind != item.kind:
            raise _twice(item, previous)
        if item.fence.when is None or any(it.when is None for it in previous.alternatives):
            raise _twice(item, previous)
        steps[last] = Step(item.id, item.kind, (*previous.alternatives, item.fence))
    return tuple(steps.values())


def _check_machines(steps: Iterable[Step], machines: Sequence[Machine]) -> None:
    """Refuse a step that speaks to a machine that is not there, or does not say to which."""
    names = [it.name for it in machines]
    traced = {it.name for it in machines if it.trace}
    for step in steps:
        if step.kind == "console":
            continue
        for fence in step.alternatives:
            if fence.vm not in names:
                raise AuthorError(_wrong_machine(fence, names), fence.place)
            if step.kind == "trace" and fence.vm not in traced:
                message = "nothing is traced; say which events in the front matter, "
                raise AuthorError(message + "such as `trace: [blk_co_*]`", fence.place)


def _wrong_machine(fence: Fence, names: Sequence[str]) -> str:
    if names == [""]:
        return f"vm {fence.vm!r}: this example has one machine, which has no name"
    known = ", ".join(names)
    if not fence.vm:
        return f"this example has several machines; say `vm:`, one of {known}"
    return f"vm {fence.vm!r}: there is no such machine; there are {known}"


def _twice(item: RawStep, previous: Step) -> AuthorError:
    return AuthorError(
        f"id {item.id!r} is already that of line {previous.alternatives[0].place.line}; "
        "alternatives of one step follow each other, each with a `when:`",
        item.fence.place,
    )
