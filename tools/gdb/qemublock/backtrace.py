# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames as text, in the form that gdb's own ``bt`` has."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Callable

import gdb

from qemublock import stacks
from qemublock.coroutine import called_before, function_of
from qemublock.listing import title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from qemublock.coroutine import Coroutine, Coroutines

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


def whole(known: Coroutines, one: Coroutine, notes: list[str]) -> Iterator[str]:
    """Yield a coroutine's title, its frames, and those of the coroutines that entered it."""
    yield title(one)
    number = 0
    seen: set[int] = set()
    now: Coroutine | None = one
    while now is not None and now.address not in seen:
        seen.add(now.address)
        try:
            with stacks.frames_of(now) as found:
                for text in lines(found, number):
                    yield text
                    number += text.startswith("#")
            now = _caller(known, now)
        except gdb.error as error:
            notes.append(f"coroutine {hex(one.address)}: {error}")
            return
    if now is not None:
        notes.append(f"the callers of coroutine {hex(one.address)} go round")


def _caller(known: Coroutines, one: Coroutine) -> Coroutine | None:
    if not one.caller:
        return None
    return known.get(one.caller) or known.leader(one.caller)


def lines(frames: Iterable[gdb.Frame], number: int = 0) -> Iterator[str]:
    """Yield a line for each frame, the first of them called `number`.

    A function that ends with a call may jump instead, and has no frame then.  gdb tells of
    it if the place is known to which it jumps; of a jump through a pointer, as that to a
    driver's function is, its caller's call does.
    """
    younger: gdb.Frame | None = None
    for level, frame in enumerate(frames, number):
        if younger is not None and (name := _left(younger, frame)):
            yield f"     {name} () [left by a jump: it has no frame]"
        yield f"#{level:<3} {line(frame)}"
        younger = frame


def _left(younger: gdb.Frame, older: gdb.Frame) -> str:
    """Return the function that `older` called, if it is another than that of `younger`."""
    if younger.type() == gdb.INLINE_FRAME or older.type() not in CALLERS:
        return ""
    is_now = function_of(younger.pc())
    was_called = called_before(older.pc())
    return was_called if is_now and is_now != was_called else ""


def line(frame: gdb.Frame) -> str:
    """Return one frame as a line, without its number."""
    name = frame.name() or "??"
    where = frame.find_sal()
    text = f"{name} ({', '.join(arguments(frame))})"
    if frame.type() == gdb.INLINE_FRAME:
        text = f"{text} [inlined]"
    if where.symtab is not None:
        return f"{text} at {_source(where.symtab)}:{where.line}"
    library = gdb.solib_name(frame.pc())
    return f"{text} from {library}" if library else f"{hex(frame.pc())} in {text}"


def arguments(frame: gdb.Frame) -> Iterator[str]:
    """Yield a frame's arguments as ``name=value``."""
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
        for one in _arguments(block):
            yield f"{one.name}={_value(frame, one)}"


class _Argument:
    """An argument of a function, and how to print what it has in a frame."""

    def __init__(self, symbol: gdb.Symbol) -> None:
        self.symbol, self.name = symbol, symbol.name
        kind = symbol.type.strip_typedefs() if symbol.type is not None else None
        code = kind.code if kind is not None else gdb.TYPE_CODE_VOID
        self.scalar = code in SCALARS
        self.say: Callable[[gdb.Value], str] = _printed
        if kind is not None and code == gdb.TYPE_CODE_INT and kind.sizeof > 1:
            self.say = _number
        elif kind is not None and code == gdb.TYPE_CODE_PTR:
            if kind.target().strip_typedefs().code in POINTED_AT:
                self.say = _pointer
        elif code in (gdb.TYPE_CODE_ENUM, gdb.TYPE_CODE_BOOL):
            words: dict[int, str] = {}
            self.say = lambda value: (
                words.get(int(value)) or words.setdefault(int(value), _printed(value))
            )


def _number(value: gdb.Value) -> str:
    return str(int(value))


def _pointer(value: gdb.Value) -> str:
    return hex(int(value))


def _printed(value: gdb.Value) -> str:
    # raw: else each printer that gdb has loaded is asked whether it knows better
    return value.format_string(max_elements=40, symbols=False, raw=True)


def _arguments(block: gdb.Block) -> list[_Argument]:
    """Return a function's arguments: many coroutines are in the same functions."""
    key = (block.start, block.end, str(block.function))
    known = _ARGUMENTS.get(key)
    if known is None or not all(one.symbol.is_valid() for one in known):
        known = _ARGUMENTS[key] = [_Argument(it) for it in block if it.is_argument]
    return known


_ARGUMENTS: dict[tuple[int, int, str], list[_Argument]] = {}


def _value(frame: gdb.Frame, one: _Argument) -> str:
    try:
        value = one.symbol.value(frame)
        if value.is_optimized_out:
            return "<optimized out>"
        return one.say(value) if one.scalar else "..."
    except gdb.error as error:
        return f"<{error}>"


def _source(symtab: gdb.Symtab) -> str:
    """Return a source's name as QEMU's tree has it."""
    name = symtab.filename
    if name not in _SOURCES:
        _SOURCES[name] = _within_tree(symtab.fullname(), name)
    return _SOURCES[name]


_SOURCES: dict[str, str] = {}


def _within_tree(whole_name: str, name: str) -> str:
    tree = _tree()
    if tree and whole_name.startswith(tree):
        return whole_name[len(tree) :]
    while name.startswith("../"):
        name = name[3:]
    return name


@functools.cache
def _tree() -> str:
    """Return the directory of QEMU's sources, as this program was built from them."""
    known = gdb.lookup_global_symbol("qemu_coroutine_create")
    name = known.symtab.fullname() if known is not None else ""
    return name[: -len(KNOWN)] if name.endswith(KNOWN) else ""
