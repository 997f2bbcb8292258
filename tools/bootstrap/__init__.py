# SPDX-License-Identifier: GPL-2.0-or-later
"""The set-up: everything that the other targets of the Makefile stand on.

Standard library only, because it runs before anything is installed::

    python3 tools/bootstrap [qemu] [graphviz] [releases] [build] [browser]
         │
         ├── system.py       programs that are missing: apt-get, or one line that says how
         └── environment.py  .venv with exactly what requirements.lock says, stamped last

    python3 tools/bootstrap lock [--upgrade …]     rewrites requirements.lock

Each run begins by looking, so that a set-up that was killed half-way is
mended by the next one, and a complete one costs a glance.
"""
