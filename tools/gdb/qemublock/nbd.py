# SPDX-License-Identifier: GPL-2.0-or-later
"""The NBD client (block/nbd.c): which server it speaks to, and how that stands."""

from __future__ import annotations

import gdb

from qemublock.lists import one_of, text

#: How far out the function is that knows the node or its state.
FAR = 12
STATE = "BDRVNBDState"


def server(frame: gdb.Frame | None) -> str:
    """Return the address, and the connection's state; empty if the frames do not tell."""
    for _ in range(FAR):
        if frame is None:
            return ""
        state = _state(frame)
        if state is not None:
            try:
                how = one_of(state["state"], "NBD_CLIENT_")
                return f" at {_address(state['saddr'])} ({how})"
            except gdb.error:
                return ""
        frame = frame.older()
    return ""


def _state(frame: gdb.Frame) -> gdb.Value | None:
    for name in ("s", "bs"):
        try:
            value = frame.read_var(name)
            if value.is_optimized_out or not int(value):
                continue
        except (ValueError, gdb.error):
            continue
        if str(value.type.strip_typedefs().target()).split()[-1] == STATE:
            return value
        if name == "bs" and (frame.name() or "").startswith("nbd_"):
            return value["opaque"].cast(gdb.lookup_type(STATE).pointer())
    return None


def _address(saddr: gdb.Value) -> str:
    """Return a SocketAddress as text (qapi/sockets.json)."""
    kind = one_of(saddr["type"], "SOCKET_ADDRESS_TYPE_")
    if kind == "unix":
        return text(saddr["u"]["q_unix"]["path"])
    if kind == "inet":
        inet = saddr["u"]["inet"]
        return f"{text(inet['host'])}:{text(inet['port'])}"
    return kind
