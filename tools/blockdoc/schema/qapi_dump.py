# SPDX-License-Identifier: GPL-2.0-or-later
"""Run by `blockdoc.schema.source`, in an interpreter of its own: a tree's schema as JSON.

::

    python -I -S -B qapi_dump.py SCHEMA        in the tree's root

It imports the tree's own scripts/qapi, and nothing of ours.  What it prints::

    { "schema":      [ SchemaInfo … ],          as query-qmp-schema, names unmasked
      "definitions": { NAME: { "file": …, "line": … } … } }

A command with ``'gen': false`` has that member here as well.

The tree's own visitor makes the introspection data (``scripts/qapi/introspect.py``),
so that it is right for each release; only the C code that it would write is left out.
Conditions (``if``) are passed over: everything that is defined is there.
"""

import json
import sys
from typing import Any

sys.path.insert(0, "scripts")

try:
    from qapi.error import QAPIError  # type: ignore[import-not-found]
    from qapi.introspect import QAPISchemaGenIntrospectVisitor  # type: ignore[import-not-found]
    from qapi.schema import QAPISchema  # type: ignore[import-not-found]
except ImportError as missing:
    sys.exit(f"its scripts/qapi cannot be used: {missing}")


class Dump(QAPISchemaGenIntrospectVisitor):  # type: ignore[misc]
    """The tree's visitor, and where each definition is."""

    def __init__(self) -> None:
        super().__init__("", unmask=True)
        self.definitions: dict[str, object] = {}
        self.infos: list[object] = []

    def visit_end(self) -> None:
        """Visit the types that are used; write no C."""
        for used in self._used_types:
            used.visit(self)
        self.infos = [plain(tree) for tree in self._trees]

    def note(self, name: str, info: Any) -> None:  # noqa: ANN401 - QAPISourceInfo
        """Remember where a definition is."""
        if info is not None:
            self.definitions[name] = {"file": info.fname, "line": info.line}

    def visit_enum_type(self, name: str, info: Any, *rest: Any) -> None:  # noqa: ANN401
        """Take an enumeration."""
        self.note(name, info)
        super().visit_enum_type(name, info, *rest)

    def visit_object_type_flat(self, name: str, info: Any, *rest: Any) -> None:  # noqa: ANN401
        """Take a struct or a union."""
        self.note(name, info)
        super().visit_object_type_flat(name, info, *rest)

    def visit_alternate_type(self, name: str, info: Any, *rest: Any) -> None:  # noqa: ANN401
        """Take an alternate."""
        self.note(name, info)
        super().visit_alternate_type(name, info, *rest)

    def visit_event(self, name: str, info: Any, *rest: Any) -> None:  # noqa: ANN401
        """Take an event."""
        self.note(name, info)
        super().visit_event(name, info, *rest)

    def visit_command(self, name: str, info: Any, *rest: Any) -> None:  # noqa: ANN401
        """Take a command; ``gen`` is the fifth of what follows, in every release."""
        self.note(name, info)
        super().visit_command(name, info, *rest)
        if not rest[4]:
            self._trees[-1].value["gen"] = False


def plain(tree: Any) -> Any:  # noqa: ANN401 - the tree's own Annotated
    """Take the conditions off."""
    if hasattr(tree, "ifcond"):
        return plain(tree.value)
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [plain(value) for value in tree]
    return tree


def main(name: str) -> None:
    """Print the schema whose top file is `name`."""
    dump = Dump()
    try:
        QAPISchema(name).visit(dump)
    except (QAPIError, OSError) as error:
        sys.exit(str(error))
    json.dump({"schema": dump.infos, "definitions": dump.definitions}, sys.stdout)


main(sys.argv[1])
