# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's block layer, read from a process or a core file that gdb has open.

::

    commands ── what a user types
       │
       ├── backtrace, listing ── text
       ├── stacks ── a coroutine's frames, by gdb's own unwinder
       ├── coroutine ── all of them, found by a scan of memory
       ├── machine ── registers in a jump buffer, for each architecture
       └── memory, lists ── what can be read, and QEMU's linked lists

Python 3.9 (that of RHEL 9's gdb), its standard library, and gdb 12 or newer.  Nothing is
written to the process, nothing in it is called, and what cannot be read is said once.
"""
