# SPDX-License-Identifier: GPL-2.0-or-later
"""Command lines of qmp-shell.

::

    line    = name { blank argument }
    argument = key "=" value | "..."
    key     = name { "." name }             a.b=1 is { "a": { "b": 1 } }
    value   = integer | "true" | "false"    in any case
            | "{" … | "[" …                 JSON, or the same as Python writes it
            | text                          quotes are part of it

A quoted string holds blanks.  Rests on python/qemu/qmp/qmp_shell.py.  What qmp-shell
says of a bad line is an error here as well.  One thing is read as it is meant:
with two dotted keys in a line, qmp-shell 0.0.6 puts what follows the first one into it.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from blockdoc.errors import AuthorError
from blockdoc.transcript import (
    Array,
    Elided,
    Json,
    Member,
    Object,
    Pattern,
    Scalar,
    Source,
    read_value,
)

__all__ = ["Word", "action", "command", "words"]

_WORD = re.compile(r"""(?:[^\s"']|"(?:\\.|[^"])*"|'(?:\\.|[^'])*')+""")
_WORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a line."""

    source: Source = field(repr=False)
    start: int
    end: int

    @property
    def text(self) -> str:
        """The word itself."""
        return self.source.text[self.start : self.end]


def words(source: Source, start: int, end: int) -> list[Word]:
    """Split a line as qmp-shell does."""
    found = _WORD.finditer(source.text, start, end)
    return [Word(source, it.start(), it.end()) for it in found]


def command(line: list[Word]) -> Object:
    """Make the message that a line sends; the first word is the command's name.

    :raise AuthorError: an argument is badly written.
    """
    arguments = _arguments(line)
    return _message(line, "execute", "arguments", arguments)


def action(line: list[Word]) -> Object:
    """Make the action of a transaction.

    :raise AuthorError: an argument is badly written.
    """
    return _message(line, "type", "data", _arguments(line))


def _message(line: list[Word], name: str, rest: str, arguments: Object) -> Object:
    first = line[0]
    named = Scalar(first.source, first.start, first.end, first.text)
    where = (first.source, first.start)
    members = (
        Member(*where, first.end, name, named),
        Member(*where, arguments.end, rest, arguments),
    )
    return Object(*where, line[-1].end, members)


@dataclass(slots=True)
class _Level:
    """An object in the making."""

    word: Word
    entries: "dict[str, Pattern | _Level]" = field(default_factory=dict)
    starts: dict[str, Word] = field(default_factory=dict)
    gaps: list[Elided] = field(default_factory=list)

    def enter(self, name: str, word: Word) -> "_Level":
        """Go into the object of a dotted key."""
        level = self.entries.setdefault(name, _Level(word))
        self.starts.setdefault(name, word)
        if not isinstance(level, _Level):
            raise _error(word, f'"{name}" has a value already and cannot have members')
        return level

    def put(self, name: str, value: Pattern, word: Word) -> None:
        """Take a value."""
        if name in self.entries:
            raise _error(word, f'"{name}" is set twice; keep one')
        self.entries[name] = value
        self.starts[name] = word

    def finish(self) -> Object:
        """Make the object."""
        members = [self._member(name, value) for name, value in self.entries.items()]
        end = max((it.end for it in (*members, *self.gaps)), default=self.word.end)
        where = (self.word.source, self.word.start, end)
        return Object(*where, (*members, *self.gaps))

    def _member(self, name: str, value: "Pattern | _Level") -> Member:
        start = self.starts[name]
        pattern = value.finish() if isinstance(value, _Level) else value
        return Member(start.source, start.start, pattern.end, name, pattern)


def _arguments(line: list[Word]) -> Object:
    """Make an object of `key=value`."""
    top = _Level(line[0])
    for word in line[1:]:
        key, equals, _ = word.text.partition("=")
        if word.text == "...":
            top.gaps.append(Elided(word.source, word.start, word.end, ""))
            continue
        if not equals:
            raise _error(word, f"expected `name=value`, found `{word.text}`")
        *path, last = key.split(".")
        level = top
        for name in path:
            level = level.enter(name, word)
        level.put(last, _value(word, word.start + len(key) + 1), word)
    return top.finish()


def _value(word: Word, start: int) -> Pattern:
    """Read what stands behind the equals sign."""
    text = word.source.text[start : word.end]
    if text[:1] in ("{", "["):
        return _container(word, start, text)
    where = (word.source, start, word.end)
    try:
        return Scalar(*where, int(text))
    except ValueError:
        return Scalar(*where, {"true": True, "false": False}.get(text.lower(), text))


def _container(word: Word, start: int, text: str) -> Pattern:
    """Read JSON, or what Python writes for it; anything else is a string."""
    where = (word.source, start, word.end)
    try:
        json.loads(text)
        return read_value(*where)
    except (ValueError, AuthorError, RecursionError):
        pass
    try:
        value = ast.literal_eval(_Names().visit(ast.parse(text, mode="eval")))
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return Scalar(*where, text)
    return _pattern(value, *where)


class _Names(ast.NodeTransformer):
    """Takes JSON's words in what is otherwise Python."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace one word."""
        return ast.Constant(_WORDS[node.id]) if node.id in _WORDS else node


def _pattern(value: Json, source: Source, start: int, end: int) -> Pattern:
    """Make a pattern of a value; each part has the place of the whole."""
    where = (source, start, end)
    if isinstance(value, dict):
        return Object(*where, tuple(_members(value, *where)))
    if isinstance(value, list | tuple):
        return Array(*where, tuple(_pattern(it, *where) for it in value))
    plain = value if isinstance(value, bool | int | float | str) else None
    return Scalar(*where, plain)


def _members(value: dict[str, Json], source: Source, start: int, end: int) -> Iterator[Member]:
    for key, part in value.items():
        yield Member(source, start, end, str(key), _pattern(part, source, start, end))


def _error(word: Word, message: str) -> AuthorError:
    return word.source.error(word.start, message)
