# SPDX-License-Identifier: GPL-2.0-or-later
"""What every QMP message looks like, whatever it says.

::

    command  execute │ exec-oob, arguments, id, control     control: until 4.0
    reply    return │ error, id
    greeting QMP
    event    event, data, timestamp

Rests on QEMU's docs/interop/qmp-spec.rst; the error classes on qapi/error.json, which
query-qmp-schema does not show.  A transcript may leave the timestamp out.
"""

from blockdoc.schema import Builtin, Enum, EnumValue, Member, Object, Schema

__all__ = ["ERROR_CLASSES", "PROTOCOL"]

ERROR_CLASSES = (
    "GenericError",
    "CommandNotFound",
    "DeviceNotActive",
    "DeviceNotFound",
    "KVMMissingCap",
)


def _object(name: str, **members: str) -> Object:
    """Make an object type; the type of an optional member begins with ``?``."""
    parts = (
        Member(key.replace("_", "-"), kind.lstrip("?"), optional=kind.startswith("?"))
        for key, kind in members.items()
    )
    return Object(name, tuple(parts))


#: The types of messages, under the names above, and of what is fixed in them.
PROTOCOL = Schema.of(
    [
        Builtin("any", "value"),
        Builtin("str", "string"),
        Builtin("int", "int"),
        Builtin("object", "object"),
        _object(
            "command", execute="?str", exec_oob="?str", arguments="?object", id="?any",
            control="?any",
        ),
        Object("reply", (
            Member("return", "any", optional=True),
            Member("error", "error", optional=True),
            Member("id", "any", optional=True),
        )),
        _object("greeting", QMP="any"),
        _object("event", event="str", data="?object", timestamp="?timestamp"),
        _object("timestamp", seconds="int", microseconds="int"),
        Object("error", (Member("class", "class"), Member("desc", "str"))),
        Enum("class", tuple(map(EnumValue, ERROR_CLASSES))),
    ]
)  # fmt: skip
