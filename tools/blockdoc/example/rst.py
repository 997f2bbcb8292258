# SPDX-License-Identifier: GPL-2.0-or-later
"""Find the steps of a page in reStructuredText.

::

    :title: A node                        the front matter is the field list at the top;
    :qemu: storage-daemon                 Sphinx does not show it
    :images:
       disk.qcow2: 64M

    A node
    ======

    .. qmp-example::
       :id: a-node-open

       -> { "execute": … }

What docutils takes for a directive is one, so a step that is only displayed is none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docutils import nodes
from docutils.parsers.rst import Directive

from blockdoc.errors import AuthorError, Place
from blockdoc.example.fences import DIRECTIVES, UNREADABLE, Lines, RawStep, identifier
from blockdoc.example.front_matter import FrontMatter, read_front_matter
from blockdoc.example.model import Fence, StepKind
from blockdoc.rst import parse_rst, places
from blockdoc.transcript import Condition

__all__ = ["RawPage", "read_rst"]

#: How far in a text stands that was not there before.
_INDENT = "   "
_FIELD = re.compile(r":([\w-]+):(?= |$)")
#: How docutils says that a directive is badly written.
_SAYS = re.compile(r'Error in "(?P<name>[\w-]+)" directive:\n(?P<what>.*)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class RawPage:
    """What stands on a page, in whatever it is written."""

    front: FrontMatter
    heading: str | None
    steps: Sequence[RawStep]


class _Found(nodes.General, nodes.Element):
    """Where a step stands: the directive and the numbers of its lines."""


def _noting(kind: StepKind, fence: type[Directive]) -> type[Directive]:
    """Return a directive with the options of `fence` that leaves a mark."""

    class Noting(fence):  # type: ignore[misc, valid-type] # a class like any other
        def run(self) -> list[nodes.Node]:
            return [_Found(kind=kind, directive=self)]

    return Noting


#: By the name of the directive; ``mermaid`` is there twice for Markdown.
_STEPS = {name.strip("{}"): _noting(kind, fence) for name, (kind, fence) in DIRECTIVES.items()}


def read_rst(text: str, path: str) -> RawPage:
    """Read the page `text`.

    :raise AuthorError: a step is badly written; with its line.
    """
    lines = Lines(text)
    try:
        document = parse_rst(text, path, _STEPS)
    except UNREADABLE as error:
        message = (
            f"docutils stumbles over this page ({type(error).__name__}): is it nested less?"
        )
        raise AuthorError(message, Place(path, 1)) from error
    _refuse_errors(document, path)
    title = next(iter(document.findall(nodes.title)), None)
    return RawPage(
        _front_matter(document, lines, path),
        title.astext() if title is not None else None,
        tuple(_steps(document, lines, path)),
    )


def _refuse_errors(document: nodes.document, path: str) -> None:
    """Tell of a step that docutils refuses, because of its options for instance."""
    for message in document.findall(nodes.system_message):
        said = _SAYS.match(message.astext().partition(") ")[2] or message.astext())
        if said and said["name"] in _STEPS:
            what = " ".join(said["what"].split("\n\n")[0].split())
            raise AuthorError(f"{said['name']}: {what}", Place(path, message["line"]))


def _front_matter(document: nodes.document, lines: Lines, path: str) -> FrontMatter:
    """Read the field list that the page begins with, as YAML: line by line the same."""
    first = next((it for it in document if not isinstance(it, nodes.comment)), None)
    if not isinstance(first, nodes.field_list):
        return FrontMatter()
    start = next(n for n, line in enumerate(lines.texts) if _FIELD.match(line))
    taken = []
    for line in lines.texts[start:]:
        if line.strip() and not line.startswith((" ", ":")):
            break
        taken.append(_FIELD.sub(r"\1:", line, count=1))
    return read_front_matter("".join(taken), Place(path, start + 1))


def _steps(document: nodes.document, lines: Lines, path: str) -> Iterator[RawStep]:
    for found in document.findall(_Found):
        directive: Directive = found["directive"]
        place = Place(path, directive.lineno)
        options = {key: str(value or "") for key, value in directive.options.items()}
        if found["kind"] == "graph" and "id" not in options:
            continue
        if not lines.texts[place.line - 1].startswith(f".. {directive.name}::"):
            message = "a step stands at the left margin, outside of lists and other directives"
            raise AuthorError(message, place)
        if "id" not in options:
            message = "a step needs an id of its own, such as `:id: commit-active-start`"
            raise AuthorError(message, place)
        fence = _fence(directive, options, lines, place)
        yield RawStep(identifier(options["id"], place), found["kind"], fence)


def _fence(directive: Directive, options: dict[str, str], lines: Lines, place: Place) -> Fence:
    numbers = places(directive)
    if not numbers:
        return _empty(directive, options, lines, place)
    first, last = numbers[0], numbers[-1]
    width = next(
        len(line) - len(line.lstrip()) - (len(inner) - len(inner.lstrip()))
        for number, inner in zip(numbers, directive.content, strict=True)
        if (line := lines.texts[number - 1]).strip()
    )
    for number in numbers:
        if "\t" in lines.texts[number - 1]:
            message = "a tab; write blanks, so that nobody reads another text than was written"
            raise AuthorError(message, Place(place.path, number))
    return Fence(
        place=place,
        body=Place(place.path, first),
        start=lines.starts[first - 1],
        end=lines.starts[last],
        text="".join(f"{line}\n" for line in directive.content),
        when=_when(options, place),
        options=options,
        indent=" " * width,
    )


def _empty(directive: Directive, options: dict[str, str], lines: Lines, place: Place) -> Fence:
    """Return a step without a text yet, which is to stand below its options."""
    last = place.line + directive.block_text.rstrip().count("\n")
    return Fence(
        place=place,
        body=Place(place.path, last + 1),
        start=lines.starts[last],
        end=lines.starts[last],
        text="",
        when=_when(options, place),
        options=options,
        indent=_INDENT,
    )


def _when(options: dict[str, str], place: Place) -> Condition | None:
    return Condition.parse(options["when"], place) if "when" in options else None
