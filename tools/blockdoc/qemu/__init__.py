# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU itself: find a build, make images, run it and its tools, speak to it."""

from blockdoc.qemu.build import Build, find_build
from blockdoc.qemu.folders import sweep
from blockdoc.qemu.graph import query_graph
from blockdoc.qemu.identity import identity, surroundings
from blockdoc.qemu.images import make_images
from blockdoc.qemu.sandbox import Sandbox, open_sandbox
from blockdoc.qemu.schema import schema_of
from blockdoc.qemu.session import Session, start
from blockdoc.qemu.tools import TOOLS, Printed, run_tool, tool_command
from blockdoc.qemu.tracing import TraceFile
from blockdoc.qemu.walls import Walls, walls_of

__all__ = [
    "Build",
    "find_build",
    "Sandbox",
    "open_sandbox",
    "sweep",
    "Walls",
    "walls_of",
    "schema_of",
    "Session",
    "start",
    "make_images",
    "query_graph",
    "run_tool",
    "tool_command",
    "Printed",
    "TOOLS",
    "TraceFile",
    "identity",
    "surroundings",
]
