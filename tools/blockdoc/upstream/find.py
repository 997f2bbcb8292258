# SPDX-License-Identifier: GPL-2.0-or-later
"""Find what a source tree's documentation shows of QMP.

::

    list_files(tree, paths) ──► files ──find_snippets──► Snippet …
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from blockdoc.errors import AuthorError, MissingError, Place
from blockdoc.upstream.comments import documentation, sections
from blockdoc.upstream.rst import literal_blocks
from blockdoc.upstream.snippet import Snippet

__all__ = ["PLACES", "find_snippets", "list_files", "snippet_at"]

#: Where a tree's documentation of QMP is.
PLACES = ("qapi", "docs/interop")
SUFFIXES = (".json", ".rst")
#: Schemas of something other than QMP.
OTHERS = ("docs/interop/firmware.json", "docs/interop/vhost-user.json")


def list_files(tree: Path, paths: Sequence[str] = ()) -> tuple[str, ...]:
    """List the files below `paths`, relative to the tree; by default those of `PLACES`.

    :raise MissingError: there is no such file or directory in the tree.
    """
    names = [_inside(tree, path) for path in paths] or [
        path for path in PLACES if (tree / path).is_dir()
    ]
    found = (name for path in names for name in _below(tree, path))
    return tuple(dict.fromkeys(found))


def _inside(tree: Path, path: str) -> str:
    """Name a file relative to the tree, whether it was given so or from here."""
    root = tree.resolve()
    for whole in (tree / path, Path(path)):
        resolved = whole.resolve()
        if whole.exists() and resolved.is_relative_to(root):
            return resolved.relative_to(root).as_posix()
    raise MissingError(f"{path}: no such file or directory in {tree}")


def _below(tree: Path, path: str) -> Iterator[str]:
    if (tree / path).is_file():
        yield path
        return
    for file in sorted((tree / path).rglob("*")):
        name = file.relative_to(tree).as_posix()
        if file.suffix in SUFFIXES and file.is_file() and name not in OTHERS:
            yield name


def find_snippets(tree: Path, name: str) -> Iterator[Snippet]:
    """Yield the snippets of the file `name` of a tree, in order.

    :raise AuthorError: it is not UTF-8.
    """
    try:
        text = (tree / name).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise AuthorError(f"not UTF-8 at byte {error.start}", Place(name, 1)) from error
    if not name.endswith(".json"):
        yield from literal_blocks(text, name)
        return
    doc = documentation(text, name)
    found = [*sections(doc)]
    if not found:
        found = [
            replace(it, owner=doc.owner(it.place.line)) for it in literal_blocks(doc.text, name)
        ]
    yield from found


def snippet_at(snippets: Iterable[Snippet], place: Place) -> Snippet:
    """Return the one of the snippets of a file in which a line is.

    :raise AuthorError: none has it.
    """
    for it in snippets:
        if place.line in it.lines:
            return it
    raise AuthorError("there is no example", place)
