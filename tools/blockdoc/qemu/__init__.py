# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU itself: find a build, make images, run it, speak to it."""

from blockdoc.qemu.build import Build, find_build
from blockdoc.qemu.graph import query_graph
from blockdoc.qemu.images import make_images
from blockdoc.qemu.session import Session, start

__all__ = ["Build", "find_build", "Session", "start", "make_images", "query_graph"]
