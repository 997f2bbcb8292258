# SPDX-License-Identifier: GPL-2.0-or-later
"""As in QEMU's scripts/qapi."""


class Annotated:
    """A value, and the condition under which it is there."""

    def __init__(self, value):
        self.value = value
        self.ifcond = "CONFIG_ANYTHING"


class QAPISchemaGenIntrospectVisitor:
    """Collects what is visited."""

    def __init__(self, prefix, unmask):
        assert not prefix
        assert unmask
        self._trees = []
        self._used_types = []

    def _visit(self, name, info, entry, *rest):
        """Take one entry; it does not say whether a command has `gen`."""
        plain = {key: value for key, value in entry.items() if key != "gen"}
        self._trees.append(Annotated(plain))

    visit_command = visit_event = visit_enum_type = _visit
    visit_object_type_flat = visit_alternate_type = visit_other = _visit
