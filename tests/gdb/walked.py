# SPDX-License-Identifier: GPL-2.0-or-later
"""For gdb: run every command, and write as JSON which lists and structures they went through.

``$walked`` names the file.
"""

import json
from pathlib import Path

import gdb
from qemublock import lists, memory
from qemublock.knowledge import all_coroutines

COMMANDS = ("report", "bt all", "graph", "contexts", "chain top")

linked, read = lists._linked, memory.read  # noqa: SLF001 - to see what it is asked
walks: dict[tuple[str, int, int], dict[int, None]] = {}
structures: dict[int, int] = {}
reads: dict[int, int] = {}


def _linked(element, link):  # noqa: ANN001, ANN202
    """Note the elements of a list."""
    first, at = int(element), 0
    if first:
        at = int(element[link].address) - first
        size = element.type.target().sizeof
    for one in linked(element, link):
        walks.setdefault((link, first, at), {})[int(one)] = None
        structures[int(one)] = size
        yield one


def _read(address, size):  # noqa: ANN001, ANN202
    """Note what is read one by one."""
    if size < memory.PAGE:  # the search reads all there is, from a page up
        reads[address] = size
    return read(address, size)


lists._linked, memory.read = _linked, _read  # noqa: SLF001
for command in COMMANDS:
    gdb.execute(f"qemu-block {command}", to_string=True)
lists._linked, memory.read = linked, read  # noqa: SLF001
size = gdb.lookup_type("CoroutineUContext").sizeof
coroutines = [one.address for one in all_coroutines().all]
found = {
    "lists": [
        {"link": link, "at": at, "elements": list(elements)}
        for (link, _, at), elements in walks.items()
    ],
    "structures": [*structures.items(), *((it, size) for it in coroutines)],
    "reads": list(reads.items()),
    "coroutines": coroutines,
}
Path(gdb.convenience_variable("walked").string()).write_text(json.dumps(found))
