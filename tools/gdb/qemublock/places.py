# SPDX-License-Identifier: GPL-2.0-or-later
"""What is the same for all frames at one place in the program: many coroutines are there."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

import gdb

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: A source that is known by its name.
KNOWN = "util/qemu-coroutine.c"
#: Frames that have made the call by which the frame before them came to be.
CALLERS = (gdb.NORMAL_FRAME, gdb.INLINE_FRAME)
#: What is printed in full; the rest is ``...``, as gdb does by default.
SCALARS = (
    gdb.TYPE_CODE_PTR,
    gdb.TYPE_CODE_INT,
    gdb.TYPE_CODE_ENUM,
    gdb.TYPE_CODE_BOOL,
    gdb.TYPE_CODE_CHAR,
    gdb.TYPE_CODE_FLT,
)
#: Where a pointer leads to one of these, gdb prints it as a number, and else a string or more.
POINTED_AT = (
    gdb.TYPE_CODE_STRUCT,
    gdb.TYPE_CODE_UNION,
    gdb.TYPE_CODE_VOID,
    gdb.TYPE_CODE_PTR,
)


class Argument:
    """An argument of a function, and how to print what it has in a frame."""

    def __init__(self, symbol: gdb.Symbol) -> None:
        self._symbol, self._name = symbol, symbol.name
        kind = symbol.type.strip_typedefs() if symbol.type is not None else None
        code = kind.code if kind is not None else gdb.TYPE_CODE_VOID
        self._scalar = code in SCALARS
        self._say: Callable[[gdb.Value], str] = _printed
        if kind is not None and code == gdb.TYPE_CODE_INT and kind.sizeof > 1:
            self._say = _number
        elif kind is not None and code == gdb.TYPE_CODE_PTR:
            if kind.target().strip_typedefs().code in POINTED_AT:
                self._say = _pointer
        elif code in (gdb.TYPE_CODE_ENUM, gdb.TYPE_CODE_BOOL):
            words: dict[int, str] = {}
            self._say = lambda value: (
                words.get(int(value)) or words.setdefault(int(value), _printed(value))
            )

    def of(self, frame: gdb.Frame) -> str:
        """Return ``name=value``."""
        try:
            value = self._symbol.value(frame)
            if value.is_optimized_out:
                said = "<optimized out>"
            else:
                said = self._say(value) if self._scalar else "..."
        except gdb.error as error:
            said = f"<{error}>"
        return f"{self._name}={said}"


@dataclass(frozen=True)
class Place:
    """Where a frame is: its function, or what is inlined there, and where in the source."""

    pc: int
    #: gdb's type of the frame.
    kind: int
    name: str
    #: The same; empty without debugging information.
    function: str
    #: The line of the source, or else the library; empty: neither is known.
    where: str
    arguments: tuple[Argument, ...]

    @classmethod
    def of(cls, frame: gdb.Frame) -> Place:
        """Ask gdb."""
        name, function = frame.name() or "??", str(frame.function() or "")
        arguments = tuple(_arguments(frame))
        return cls(frame.pc(), frame.type(), name, function, _where(frame), arguments)

    @functools.cached_property
    def inlined(self) -> bool:
        """Whether it has no frame on the stack."""
        return self.kind == gdb.INLINE_FRAME

    @functools.cached_property
    def calls(self) -> bool:
        """Whether the frame before was called from here."""
        return self.kind in CALLERS

    def line(self, frame: gdb.Frame) -> str:
        """Return a frame that is here as a line, without its number.

        What is inlined has the registers of the function that it is in.  Only for that one
        does gdb find what they were when it was called (``DW_OP_entry_value``): asked for
        the inlined one, it takes those of the function itself to be its caller's.
        """
        frame = _on_the_stack(frame) if self.inlined else frame
        said = ", ".join([one.of(frame) for one in self.arguments])
        text = f"{self.name} ({said}){' [inlined]' if self.inlined else ''}"
        return f"{text} {self.where}" if self.where else f"{hex(self.pc)} in {text}"


class Places:
    """The places of a walk's frames, each asked for once by all walks."""

    def __init__(self) -> None:
        #: By address, how many are inlined there before it, and whether it has made a call.
        self._known: dict[tuple[int, int, bool], Place] = {}

    def of(self, frames: Iterable[gdb.Frame]) -> Iterator[tuple[gdb.Frame, Place]]:
        """Yield each of a walk's frames with its place."""
        before: Place | None = None
        depth = 0
        for frame in frames:
            depth = depth + 1 if before is not None and before.inlined else 0
            key = (frame.pc(), depth, before is not None and before.calls)
            place = self._known.get(key)
            if place is None:
                place = self._known[key] = Place.of(frame)
            yield frame, place
            before = place


def _number(value: gdb.Value) -> str:
    return str(int(value))


def _pointer(value: gdb.Value) -> str:
    return hex(int(value))


def _printed(value: gdb.Value) -> str:
    # raw: else each printer that gdb has loaded is asked whether it knows better
    return value.format_string(max_elements=40, symbols=False, raw=True)


def _on_the_stack(frame: gdb.Frame) -> gdb.Frame:
    """Return the frame of the function into which others are inlined."""
    older: gdb.Frame | None = frame
    while older is not None and older.type() == gdb.INLINE_FRAME:
        frame, older = older, older.older()
    return older or frame


def _arguments(frame: gdb.Frame) -> Iterator[Argument]:
    function = frame.function()
    if function is None or function.symtab is None:
        return
    try:
        block: gdb.Block | None = frame.block()
    except RuntimeError:
        return
    while block is not None and block.function is None:
        block = block.superblock
    if block is not None:
        yield from (Argument(one) for one in block if one.is_argument)


def _where(frame: gdb.Frame) -> str:
    place = frame.find_sal()
    if place.symtab is not None:
        return f"at {_source(place.symtab)}:{place.line}"
    library = gdb.solib_name(frame.pc())
    return f"from {library}" if library else ""


def _source(symtab: gdb.Symtab) -> str:
    """Return a source's name as QEMU's tree has it."""
    whole, name = symtab.fullname(), symtab.filename
    tree = _tree()
    if tree and whole.startswith(tree):
        return whole[len(tree) :]
    while name.startswith("../"):
        name = name[3:]
    return name


@functools.cache
def _tree() -> str:
    """Return the directory of QEMU's sources, as this program was built from them."""
    known = gdb.lookup_global_symbol("qemu_coroutine_create")
    name = known.symtab.fullname() if known is not None else ""
    return name[: -len(KNOWN)] if name.endswith(KNOWN) else ""
