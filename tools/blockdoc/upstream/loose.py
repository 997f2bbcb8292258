# SPDX-License-Identifier: GPL-2.0-or-later
"""Read QMP that stands among other lines; see `blockdoc.upstream.reading`."""

import re

from blockdoc.errors import AuthorError
from blockdoc.transcript import (
    Array,
    Command,
    Difference,
    Elided,
    Event,
    Item,
    Member,
    Object,
    Reply,
    Scalar,
    Source,
    match,
    show,
    substitute,
)
from blockdoc.upstream.mend import read_mended
from blockdoc.upstream.message import kind_of, read_message, syntax_problem
from blockdoc.upstream.problem import Problem
from blockdoc.upstream.shell import Word, action, command, words

__all__ = ["LooseReader"]

_ARROW = re.compile(r"[ \t]*(?P<arrow>->|<-)[ \t]*(?=\{|\.\.\.)")
_OBJECT = re.compile(r"[ \t]*(?=\{)")
_PROMPT = re.compile(r"[ \t]*(?:\(QEMU\)|TRANS>)(?:[ \t]+|$)", re.MULTILINE)
_LIKE_QMP = re.compile(r"""\s*\{\s*["'](?:execute|exec-oob|return|error|event|timestamp)["']""")
_STRING = re.compile(r""""(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""")
#: qmp-spec.rst describes messages: ``{ "execute": json-string, … }``.
_TEMPLATE = re.compile(r"\bjson-[a-z]+\b")
#: A line that can only be the rest of a message.
_REST = re.compile(r"""[ \t]*(?:[\]},]|["'][\w-]+["']\s*:)""")


class LooseReader:
    """One walk over the lines of a snippet."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._text = source.text
        self.items: list[Item] = []
        self.problems: list[Problem] = []
        #: The command of qmp-shell that the next object may repeat.
        self._typed: Command | None = None
        self._actions: list[Object] | None = None
        self._opened: Word | None = None

    def read(self) -> None:
        """Read to the end."""
        position = 0
        while position < len(self._text):
            position = self._line(position)

    def _line(self, start: int) -> int:
        """Take what begins on one line; return where the next begins."""
        end = self._line_end(start)
        if found := _PROMPT.match(self._text, start, end):
            try:
                self._prompt(found.end(), end)
            except AuthorError as error:
                self.problems.append(syntax_problem(error, self._source))
            return end + 1
        if found := _ARROW.match(self._text, start, end):
            last = self._message_end(found.end())
            if not self._is_template(found.end(), last):
                self._arrow(found.start("arrow"), last)
            return last + 1
        if found := _OBJECT.match(self._text, start, end):
            return self._bare(found.end())
        self._typed = self._typed if not self._text[start:end].strip() else None
        return end + 1

    def _line_end(self, start: int) -> int:
        end = self._text.find("\n", start)
        return len(self._text) if end < 0 else end

    def _message_end(self, start: int) -> int:
        """Find the line's end at which the message that begins here is over."""
        depth, position, end = 0, start, self._line_end(start)
        while position < len(self._text):
            char = self._text[position]
            if char in "\"'" and (string := _STRING.match(self._text, position)):
                position = string.end()
                continue
            if char == "\n" and position > start:
                end = position
                follows = position + 1
                if _ARROW.match(self._text, follows) or _PROMPT.match(self._text, follows):
                    return end
                if depth <= 0 and not _REST.match(self._text, follows):
                    return end
            depth += (char in "{[") - (char in "}]")
            position += 1
        return len(self._text.rstrip())

    def _arrow(self, start: int, end: int) -> None:
        items, problems = read_message(self._source, start, end)
        self.items += items
        self.problems += problems
        self._typed = None

    def _bare(self, start: int) -> int:
        """Take an object that stands alone, if it is QMP's."""
        end = self._message_end(start)
        mended = read_mended(self._source, start, end)
        pattern, kind = mended.pattern, kind_of(mended.pattern)
        is_message = kind is not None or _LIKE_QMP.match(self._text, start)
        if mended.errors and (not is_message or self._is_template(start, end)):
            return end + 1
        self.problems += (syntax_problem(error, self._source) for error in mended.errors)
        if isinstance(pattern, Object) and kind is not None:
            if self._typed is not None and kind is Command:
                self._compare(self._typed, pattern)
            else:
                self._add(kind, pattern, start)
        self._typed = None
        return end + 1

    def _is_template(self, start: int, end: int) -> bool:
        """Say whether this describes messages, and is none."""
        return bool(_TEMPLATE.search(_STRING.sub("", self._text[start:end])))

    def _add(
        self, kind: type[Command | Reply | Event], pattern: Object | Elided, start: int
    ) -> None:
        line = self._source.line_at(start)
        self.items.append(kind(pattern, start, pattern.end, line))

    def _prompt(self, start: int, end: int) -> None:
        """Take a line of qmp-shell."""
        self._typed = None
        line = words(self._source, start, end)
        if line and line[0].text == "transaction(":
            self._actions, self._opened = [], line.pop(0)
        if not line:
            return
        if self._actions is None:
            self._send(command(line))
            return
        closes = line[-1].text == ")"
        if len(line) > closes:
            self._actions.append(action(line[:-1] if closes else line))
        if closes:
            self._send(self._transaction(line[-1]))

    def _transaction(self, closing: Word) -> Object:
        """Make the command of the actions so far."""
        opened, actions = self._opened or closing, tuple(self._actions or ())
        self._actions = None
        where = (self._source, opened.start, closing.end)
        name = Scalar(self._source, opened.start, opened.end - 1, "transaction")
        inner = Object(*where, (Member(*where, "actions", Array(*where, actions)),))
        return Object(
            *where, (Member(*where, "execute", name), Member(*where, "arguments", inner))
        )

    def _send(self, pattern: Object) -> None:
        line = self._source.line_at(pattern.start)
        self._typed = Command(pattern, pattern.start, pattern.end, line)
        self.items.append(self._typed)

    def _compare(self, typed: Command, echo: Object) -> None:
        """Hold what qmp-shell is shown to print against what it would print."""
        try:
            value = substitute(typed.pattern, {})
        except AuthorError:
            return  # something is left out in the line
        for difference in match(echo, value, {}).differences:
            place = self._source.place_at(difference.offset)
            self.problems.append(Problem("echo", place, _unlike(difference, typed.line)))


def _unlike(difference: Difference, line: int) -> str:
    """Say in what the JSON is not the command of the line above it."""
    where, typed = difference.pointer, show(difference.actual)
    if difference.kind == "changed":
        return (
            f"{where} is {difference.expected} here and {typed} in the command of line {line}"
        )
    if difference.kind == "missing":
        return f"{where} is not in the command of line {line}"
    return f"{where} is missing here; the command of line {line} has it: {typed}"
