# SPDX-License-Identifier: GPL-2.0-or-later
"""For gdb: print the state of the process: each thread's registers, and all memory.

Neither is what gdb remembers: its registers are read anew, and the memory is the kernel's
view of it.
"""

import hashlib
import json
import re
from pathlib import Path

import gdb

#: Mappings whose content is the kernel's, and not the same twice.
KERNELS = ("[vvar", "[vsyscall", "/dev/", "anon_inode:")
STRETCH = 16 << 20
#: Registers that are not among gdb's "all".
OTHERS = "orig_rax fs_base gs_base"


def _registers() -> dict[str, dict[str, str]]:
    """Return the registers by LWP and name, in gdb's words; what is selected stays so."""
    thread, frame = gdb.selected_thread(), gdb.selected_frame()
    gdb.execute("maintenance flush register-cache", to_string=True)
    found = {}
    for one in gdb.selected_inferior().threads():
        one.switch()
        every = ("info all-registers", f"info registers {OTHERS}")
        said = "".join(gdb.execute(command, to_string=True) for command in every)
        found[str(one.ptid[1])] = dict(re.findall(r"^(\w+) +(.*)$", said, re.MULTILINE))
    thread.switch()
    if frame.is_valid():
        frame.select()
    return found


def _memory(pid: int) -> dict[str, str]:
    """Return a digest of each mapping that can be read, by its line in the list of them."""
    found = {}
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as file:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            where, rights, *rest = line.split(maxsplit=5)
            if rights.startswith("r") and not rest[-1].startswith(KERNELS):
                start, end = (int(it, 16) for it in where.split("-"))
                found[line] = _digest(file, start, end)
    return found


def _digest(file, start: int, end: int) -> str:  # noqa: ANN001 - io's types are a long word
    made = hashlib.blake2b(digest_size=8)
    file.seek(start)
    while start < end:
        data = file.read(min(STRETCH, end - start))
        assert data
        made.update(data)
        start += len(data)
    return made.hexdigest()


state = {
    "registers": _registers(),
    "memory": _memory(gdb.selected_inferior().pid),
    "thread": gdb.selected_thread().num,
    "frames": gdb.execute("bt -frame-arguments none", to_string=True),
}
gdb.write(f"state {json.dumps(state)}\n")
