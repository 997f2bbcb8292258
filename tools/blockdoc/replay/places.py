# SPDX-License-Identifier: GPL-2.0-or-later
"""Files and addresses of a recording, as they are called in the folder of a replay.

A sandbox has one writable folder and no network: ``/images/base.qcow2`` becomes
``images-base.qcow2``, and a TCP address a unix socket of that folder.  Paths of objects
(``/machine/peripheral/…``) are no files.
"""

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["Places"]

_OBJECT = re.compile(r"/(machine|objects|chardevs|backend|dev)(/|$)")
_PATH = re.compile(r"(?:/[\w.+:@-]+)+")
#: Of strings that hold a path among other things.
_WITHIN = re.compile(r"(?<=[\"':=])(?:/[\w.+@-]+)+")
_TCP = re.compile(r"tcp:(.*):(\d+)")


class Places:
    """Says what things are called; `side` keeps the two ends of a migration apart."""

    def __init__(self, side: str = "") -> None:
        self._side = side

    def file(self, path: str) -> str:
        """Return what a file is called."""
        name = path.strip("/").replace("/", "-")
        return f"{self._side}-{name}" if self._side else name

    @staticmethod
    def socket(path: str) -> str:
        """Return what a socket is called: both sides know it."""
        return path.strip("/").replace("/", "-")

    def value(self, value: Any) -> Any:  # noqa: ANN401 - JSON goes in, JSON comes out
        """Return `value` with all names of files and addresses replaced."""
        if isinstance(value, Mapping):
            return self._object(value)
        if isinstance(value, list | tuple):
            return [self.value(it) for it in value]
        if isinstance(value, str):
            return self._string(value)
        return value

    def _object(self, value: Mapping[str, Any]) -> Any:  # noqa: ANN401
        kind = value.get("type")
        if kind == "inet" and "port" in value:
            return {"type": "unix", "path": tcp_socket(value["port"])}
        if kind == "inet" and "port" in value.get("data", ()):
            return {"type": "unix", "data": {"path": tcp_socket(value["data"]["port"])}}
        if kind == "unix" and "path" in value:
            return {**value, "path": self.socket(value["path"])}
        if kind == "unix" and "path" in value.get("data", ()):
            return {**value, "data": {"path": self.socket(value["data"]["path"])}}
        return {key: self.value(it) for key, it in value.items()}

    def _string(self, text: str) -> str:
        if _OBJECT.match(text):
            return text
        if _PATH.fullmatch(text):
            return self.file(text)
        if found := _TCP.fullmatch(text):
            return f"unix:{tcp_socket(found[2])}"
        if "/" not in text or text.startswith("qemu-io "):
            return text
        return _WITHIN.sub(lambda it: self._string(it[0]), text)


def tcp_socket(port: object) -> str:
    """Return the socket that stands for a TCP port."""
    return f"tcp-{port}.sock"
