# SPDX-License-Identifier: GPL-2.0-or-later
"""Which function is at an address: asked for once, for many coroutines are in the same ones."""

from __future__ import annotations

import functools

import gdb

from qemublock import machine


def forget() -> None:
    """Ask anew from now on: the program may be another."""
    for known in (function_of, called_before, function_at):
        known.cache_clear()


@functools.cache
def function_of(pc: int) -> str:
    """Return the function that the program has at `pc`, none inlined into it; else nothing."""
    block: gdb.Block | None = gdb.block_for_pc(pc)
    name = ""
    while block is not None:  # the outermost: an inlined one may begin at the same place
        name = str(block.function or name)
        block = block.superblock
    return name


@functools.cache
def called_before(pc: int) -> str:
    """Return the function that is called by the instruction before `pc`, where it says one."""
    return function_of(machine.machine().called_before(pc))


@functools.cache
def function_at(address: int) -> str:
    """Return the name of the function at `address`; the address if there is none."""
    words = gdb.execute(f"info symbol {address}", to_string=True)
    if words.startswith("No symbol"):
        return hex(address)
    return words.split(" in section")[0].split(" + ")[0].strip()
