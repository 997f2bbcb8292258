# SPDX-License-Identifier: GPL-2.0-or-later
"""Read the definitions of a QAPI schema file.

The names that the code generator makes of them for C are found as well, because
that is how they are met in the sources::

    { 'enum': 'JobStatus', 'data': [ 'ready', … ] }   JobStatus, JOB_STATUS_READY
    { 'event': 'JOB_STATUS_CHANGE', … }               qapi_event_send_job_status_change too
    { 'command': 'job-pause', … }                     qmp_job_pause, where C does not define it
"""

import re
from collections.abc import Iterator

from blockdoc.source.declaration import Declaration

__all__ = ["read_enums", "read_qapi"]

_COMMENT = re.compile(r"#[^\n]*")
_ENTRY = re.compile(
    r"^\{\s*'(?P<kind>enum|struct|union|alternate|command|event)'\s*:\s*'(?P<name>[\w-]+)'"
    r"(?P<rest>.*?)(?=^\{|\Z)",
    re.MULTILINE | re.DOTALL,
)
_PREFIX = re.compile(r"'prefix'\s*:\s*'(\w+)'")
_DATA = re.compile(r"'data'\s*:\s*\[(?P<members>.*)\]", re.DOTALL)
_CONDITION = re.compile(r"'(?:if|features)'\s*:\s*(?:'[^']*'|\{[^}]*\}|\[[^]]*\])")
_MEMBER = re.compile(r"'(?P<name>[\w-]+)'(?!\s*:)")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def read_qapi(text: str) -> list[Declaration]:
    """Return what a schema file defines, in order."""
    code = _COMMENT.sub(lambda match: " " * len(match[0]), text)
    return [found for entry in _ENTRY.finditer(code) for found in _defined(code, entry)]


def _defined(code: str, entry: re.Match[str]) -> Iterator[Declaration]:
    """Yield an entry under its own name and under those that C has for it."""
    line = 1 + code.count("\n", 0, entry.start("name"))
    kind, name = entry["kind"], entry["name"]
    signature = f"{{ '{kind}': '{name}' }}"
    whole = entry[0]
    yield Declaration(name, line, signature, True, kind, whole)  # noqa: FBT003
    snake = name.lower().replace("-", "_")
    if kind == "event":
        name = f"qapi_event_send_{snake}"
        yield Declaration(name, line, signature, True, kind, whole)  # noqa: FBT003
    elif kind == "command":
        yield Declaration(f"qmp_{snake}", line, signature, False, kind, whole)  # noqa: FBT003
    elif kind == "enum":
        yield from _constants(code, entry)


def read_enums(text: str) -> dict[str, tuple[str, ...]]:
    """Return the values of each enumeration that a schema file defines."""
    code = _COMMENT.sub(lambda match: " " * len(match[0]), text)
    entries = (entry for entry in _ENTRY.finditer(code) if entry["kind"] == "enum")
    return {entry["name"]: tuple(name for name, _ in _members(entry)) for entry in entries}


def _members(entry: re.Match[str]) -> Iterator[tuple[str, int]]:
    """Yield the members of an enum, and the offset of each."""
    data = _DATA.search(entry["rest"])
    if not data:
        return
    offset = entry.start("rest") + data.start("members")
    members = _CONDITION.sub(lambda match: " " * len(match[0]), data["members"])
    for member in _MEMBER.finditer(members):
        yield member["name"], offset + member.start()


def _constants(code: str, entry: re.Match[str]) -> Iterator[Declaration]:
    """Yield the constants that C has for the members of an enum."""
    prefix = _PREFIX.search(entry["rest"])
    start = prefix[1] if prefix else _HUMP.sub("_", entry["name"]).upper()
    for member, offset in _members(entry):
        line = 1 + code.count("\n", 0, offset)
        constant = f"{start}_{member.upper().replace('-', '_')}"
        signature = f"{{ 'enum': '{entry['name']}' }}, '{member}'"
        yield Declaration(constant, line, signature, True, "value", signature)  # noqa: FBT003
