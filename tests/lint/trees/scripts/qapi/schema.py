# SPDX-License-Identifier: GPL-2.0-or-later
"""As in QEMU's scripts/qapi."""

import json
from types import SimpleNamespace

from qapi.error import QAPIError

KINDS = {
    "command": "visit_command",
    "event": "visit_event",
    "enum": "visit_enum_type",
    "object": "visit_object_type_flat",
    "alternate": "visit_alternate_type",
}


class QAPISchema:
    """Reads introspection.json, and finds lines in the schema."""

    def __init__(self, name):
        with open(name, encoding="utf-8") as file:
            self.lines = file.read().splitlines()
        for number, line in enumerate(self.lines, 1):
            if "syntax error" in line:
                raise QAPIError(f"{name}:{number}: expected ','")
        self.name = name

    def visit(self, visitor):
        """Visit everything."""
        with open("introspection.json", encoding="utf-8") as file:
            entries = json.load(file)
        for entry in entries:
            kind = entry["meta-type"]
            gen = entry.get("gen", True)
            getattr(visitor, KINDS.get(kind, "visit_other"))(
                entry["name"], self.where(kind, entry["name"]), entry, [], None, None, gen
            )
        visitor.visit_end()

    def where(self, kind, name):
        """Find the line of a definition."""
        start = f"{{ '{kind}': '{name}'"
        for number, line in enumerate(self.lines, 1):
            if line.startswith(start):
                return SimpleNamespace(fname=self.name, line=number)
        return None
