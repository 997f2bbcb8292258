# SPDX-License-Identifier: GPL-2.0-or-later
"""Read the declarations of a C file at file scope.

::

    text ──mask──► code ──directives──► macros, and code without them
                                              │
              chunks:  head ;      head { body } tail ;
                         │           │
              prototype, typedef,    function, struct, enum, table
              variable

Both halves of an ``#if`` are read.  Braces are counted, and a ``}`` in the first
column closes everything: so it is in QEMU's style, and so a function whose
head stands twice under ``#if`` costs only itself.
"""

import re
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, replace

from blockdoc.source.declaration import Declaration
from blockdoc.source.mask import blank, mask, uncomment

__all__ = ["read_c"]

_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
_DEFINE = re.compile(r"[ \t]*#[ \t]*define[ \t]+(?P<name>\w+)(?P<parameters>\([^)]*\))?")
_STOP = re.compile(r"[;{}()\[\]]")
_WORD = re.compile(r"[A-Za-z_]\w*")
#: What is in the way: a macro's call without a semicolon, attributes, C++'s wrapping.
_NOISE = re.compile(
    r"""
      ^ [A-Z][A-Z0-9_]* \( (?: [^()] | \([^()]*\) )* \) [ \t]* $
    | ^ (?: type | block | opts | trace | migration ) _init \( \w+ \) [ \t]* $
    | \b __attribute__ \s* \(\( (?: [^()] | \([^()]*\) )* \)\)
    | ^ extern [ ] "C" [ ] \{
    """,
    re.MULTILINE | re.VERBOSE,
)
_TYPE = re.compile(
    r"\b(?:struct|union|enum)\s+(?:[A-Z_]+(?:\([^()]*\))?\s+)*(?P<name>[A-Za-z_]\w*)\s*$"
)
_ENUM = re.compile(r"\benum\b[^()=]*$")
_ENUMERATOR = re.compile(r"(?:^|,)\s*(?P<name>[A-Za-z_]\w*)\s*(?:=[^,]*)?", re.MULTILINE)
_PARENTHESES = re.compile(r"\((?:[^()]|\([^()]*\))*\)")
_POINTER = re.compile(
    r"\(\s*(?:\w+\s+)*\**\s*(?P<name>[A-Za-z_]\w*)\s*(?:\[[^]]*\]\s*)*\)\s*\("
)
_CALLED = re.compile(r"(?P<name>[A-Za-z_]\w*)\s*\(")
_NAMED = re.compile(r"(?P<name>[A-Za-z_]\w*)\s*(?:\[[^]]*\]\s*)*(?:=|,|$)")
#: A macro that stands where a name could: an attribute, or the type of a list's head.
_SHOUT = re.compile(r"[A-Z][A-Z0-9_]*|__\w+|asm|typeof|sizeof|alignas")
_BITS = re.compile(r":\s*\w+\s*$")
_WIDE = 100


def read_c(text: str) -> list[Declaration]:
    """Return what a C file declares at file scope, in order."""
    reader = _Reader(text)
    return sorted(reader.declarations(), key=lambda it: it.line)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A stretch of code at file scope, up to its semicolon or its body's end."""

    #: Offset and code before the body.
    start: int
    head: str
    #: Offset and code of the body, without braces; None if there is none.
    inside: int
    body: str | None
    #: Offset and code behind the body.
    behind: int
    tail: str


class _Reader:
    """One C file."""

    def __init__(self, text: str) -> None:
        self.text = text
        quiet = _NOISE.sub(lambda match: blank(match[0]), text)
        self.code = mask(quiet)
        #: As the code, but with its strings: what signatures are made of.
        self.shown = uncomment(quiet)
        self.lines = [match.start() for match in re.finditer(r"^", text, re.MULTILINE)]

    def declarations(self) -> Iterator[Declaration]:
        """Yield everything that the file declares."""
        yield from self.macros()
        code = _DIRECTIVE.sub(lambda match: blank(match[0]), self.code)
        for chunk in _chunks(code):
            yield from self.declared(chunk)

    def macros(self) -> Iterator[Declaration]:
        """Yield the macros that are defined."""
        for directive in _DIRECTIVE.finditer(self.code):
            if define := _DEFINE.match(directive[0]):
                yield self.macro(directive, define)

    def macro(self, directive: re.Match[str], define: re.Match[str]) -> Declaration:
        """Describe a macro: a short value is shown, a body is not."""
        start = directive.start()
        head = self.text[start : start + define.end()]
        whole = self.text[start : directive.end()].partition("/*")[0]
        short = "\\\n" not in whole and len(whole) <= _WIDE
        code = self.shown[start : directive.end()]
        offset = start + define.start("name")
        return self.found(define["name"], offset, whole if short else head, "macro", code)

    def declared(self, chunk: _Chunk) -> Iterator[Declaration]:
        """Yield what a chunk declares."""
        head = chunk.head.strip()
        if chunk.body is None:
            yield from self.simple(chunk)
        elif head.endswith("=") or (head.endswith(")") and "=" in head):
            yield from self.variable(chunk, defines=True)
        elif (
            (kind := _TYPE.search(chunk.head))
            or _ENUM.search(head)
            or head.endswith(_ANONYMOUS)
        ):
            yield from self.type(chunk, kind)
        elif name := _function(chunk.head):
            yield self.named(chunk, name, "function", defines=True)

    def type(self, chunk: _Chunk, kind: re.Match[str] | None) -> Iterator[Declaration]:
        """Yield a struct, union or enum with a body: its tag, its typedef, its members."""
        typedef = chunk.head.split(maxsplit=1)[:1] == ["typedef"]
        signature = self.signature(chunk, chunk.head)
        if kind:
            yield self.named(chunk, kind, "type", defines=True)
        elif typedef:
            signature = f"{signature} {chunk.tail}"
        names = list(_NAMED.finditer(chunk.tail.rstrip()))
        if _ENUM.search(chunk.head):
            yield from self.enumerators(chunk)
        elif owners := [kind["name"]] if kind else [name["name"] for name in names[:1]]:
            yield from self.fields(chunk, owners[0])
        code = self.code_of(chunk)
        for name in names:
            if not kind or name["name"] != kind["name"]:
                offset = chunk.behind + name.start()
                yield self.found(name["name"], offset, signature, "type", code)

    def fields(self, chunk: _Chunk, owner: str) -> Iterator[Declaration]:
        """Yield the fields of a struct or union, as `owner.name`; of those inside it, too."""
        for inner in _chunks(chunk.body or ""):
            start = chunk.inside + inner.start
            if inner.body is not None:
                inside = chunk.inside + inner.inside
                yield from self.fields(replace(inner, inside=inside), owner)
            head = inner.head if inner.body is None else inner.tail
            at = start if inner.body is None else chunk.inside + inner.behind
            code = _DIRECTIVE.sub("", self.shown[at : at + len(head)])
            for name in _fields(head):
                offset = at + name.start("name")
                yield self.found(f"{owner}.{name['name']}", offset, code, "field", code)

    def enumerators(self, chunk: _Chunk) -> Iterator[Declaration]:
        """Yield the constants of an enum."""
        body = _PARENTHESES.sub(lambda match: blank(match[0]), chunk.body or "")
        for match in _ENUMERATOR.finditer(body):
            start = chunk.inside + match.start("name")
            signature = self.text[start : chunk.inside + match.end()]
            signature = signature.partition("/*")[0]
            yield self.found(match["name"], start, signature, "value", signature)

    def simple(self, chunk: _Chunk) -> Iterator[Declaration]:
        """Yield what a chunk without a body declares."""
        words = chunk.head.split(maxsplit=1)
        defines = words[:1] == ["typedef"] and not _FORWARD.match(chunk.head)
        if (name := _function(chunk.head)) and "=" not in chunk.head[: name.start()]:
            kind = "type" if words[:1] == ["typedef"] else "function"
            yield self.named(chunk, name, kind, defines=defines)
        else:
            yield from self.variable(chunk, defines=defines or words[:1] != ["extern"])

    def variable(self, chunk: _Chunk, *, defines: bool) -> Iterator[Declaration]:
        """Yield a variable or the name of a typedef."""
        head = chunk.head.partition("=")[0].rstrip()
        if (chunk.body is not None or len(head.split()) > 1) and (name := _NAMED.search(head)):
            defines = defines and not _FORWARD.match(chunk.head)
            signature = self.signature(chunk, head)
            offset = chunk.start + name.start()
            kind = "type" if head.split(maxsplit=1)[:1] == ["typedef"] else "variable"
            code = self.code_of(chunk)
            yield self.found(name["name"], offset, signature, kind, code, defines=defines)

    def named(
        self, chunk: _Chunk, name: re.Match[str], kind: str, *, defines: bool
    ) -> Declaration:
        """Describe a chunk by its head."""
        signature = self.signature(chunk, chunk.head)
        offset = chunk.start + name.start("name")
        code = self.code_of(chunk)
        return self.found(name["name"], offset, signature, kind, code, defines=defines)

    def code_of(self, chunk: _Chunk) -> str:
        """Return a chunk without comments, and without the directives before its head."""
        head = self.signature(chunk, chunk.head)
        body = "" if chunk.body is None else self.shown[chunk.inside - 1 : chunk.behind]
        return f"{head}{body}{chunk.tail}"

    def signature(self, chunk: _Chunk, code: str) -> str:
        """Return what stands where the beginning `code` of a chunk is, directives left out."""
        text = self.shown[chunk.start : chunk.start + len(code)]
        return _DIRECTIVE.sub("", text)

    def found(  # noqa: PLR0913 - all of what a declaration is
        self,
        name: str,
        offset: int,
        signature: str,
        kind: str,
        code: str,
        *,
        defines: bool = True,
    ) -> Declaration:
        """Make the declaration of the name at `offset`."""
        line = bisect(self.lines, offset)
        return Declaration(name, line, " ".join(signature.split()), defines, kind, code)


_ANONYMOUS = ("struct", "union")
#: `struct Job` and `typedef struct Job Job`: there is such a thing, no more.
_FORWARD = re.compile(
    r"""
      \s* (?: struct | union | enum ) \s+ \w+ \s* $
    | \s* typedef \s+ (?: struct | union | enum ) \s+ \w+ \s+ \w+ \s* $
    """,
    re.VERBOSE,
)


def _function(head: str) -> re.Match[str] | None:
    """Find the name of a function, or of a pointer to one."""
    for match in _CALLED.finditer(head):
        pointer = _POINTER.match(head, match.end() - 1)
        if pointer or not _SHOUT.fullmatch(match["name"]):
            return pointer or match
    return None


def _fields(head: str) -> list[re.Match[str]]:
    """Find the names that a line of a struct declares."""
    if pointer := _function(head):
        return [pointer]
    head = _BITS.sub(lambda match: blank(match[0]), head)
    return list(_NAMED.finditer(head))


def _chunks(code: str) -> Iterator[_Chunk]:
    """Cut code without directives into what stands at file scope."""
    start = position = 0
    nested = 0
    while stop := _STOP.search(code, position):
        position = stop.end()
        mark = stop[0]
        if mark in "([":
            nested += 1
        elif mark in ")]":
            nested = max(nested - 1, 0)
        elif mark == ";" and not nested:
            yield _Chunk(start, code[start : stop.start()], 0, None, 0, "")
            start = position
        elif mark == "{":
            nested = 0
            chunk = _with_body(code, start, stop.start())
            yield chunk
            start = position = chunk.behind + len(chunk.tail)
        elif mark == "}":
            start, nested = position, 0


def _with_body(code: str, start: int, brace: int) -> _Chunk:
    """Read a chunk whose body opens at `brace`, with what stands behind it."""
    close = _closing(code, brace)
    behind = min(close + 1, len(code))
    head, tail = code[start:brace], ""
    if not head.rstrip().endswith(")") or "=" in head:
        end = code.find(";", behind)
        between = code[behind:end] if end >= 0 else ""
        tail = between if "{" not in between else ""
    return _Chunk(start, head, brace + 1, code[brace + 1 : close], behind, tail)


def _closing(code: str, brace: int) -> int:
    """Find the brace that closes the one at `brace`, or the first in the first column."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(code, brace):
        depth += 1 if match[0] == "{" else -1
        first_column = match[0] == "}" and code[match.start() - 1] == "\n"
        if depth == 0 or first_column:
            return match.start()
    return len(code)
