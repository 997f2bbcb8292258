# SPDX-License-Identifier: GPL-2.0-or-later
"""The schema of a source tree of QEMU, read by the tree's own parser.

::

    read_source_schema(tree) ──► SourceSchema(introspection, definitions)

``TREE/scripts/qapi`` runs in an interpreter of its own, which finds neither our
modules nor the user's, and leaves nothing in the tree.  What comes out has the
form of ``query-qmp-schema``, with names unmasked, and holds everything that is
defined, whatever its ``if`` says: a source tree is of no configuration.

Introspection does not tell a command that takes anything (``'gen': false``) from
one that takes nothing; here its entry has ``"gen": false``.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from blockdoc.errors import MissingError, Place
from blockdoc.transcript import Json

__all__ = ["SCHEMA", "SourceSchema", "read_source_schema"]

#: The top of QMP's schema, in a tree.
SCHEMA = "qapi/qapi-schema.json"
_SCRIPT = Path(__file__).with_name("qapi_dump.py")
#: Seconds. The whole schema of QEMU takes one or two.
_LIMIT = 120


@dataclass(frozen=True, slots=True)
class SourceSchema:
    """What a source tree defines."""

    #: As ``query-qmp-schema`` returns it.
    introspection: tuple[Json, ...]
    #: Where each command, each event and each type that they use is defined.
    definitions: Mapping[str, Place]


def read_source_schema(tree: Path, schema: str = SCHEMA) -> SourceSchema:
    """Read the schema of the source tree at `tree`.

    :raise MissingError: there is no such tree, or its parser refuses its schema.
    """
    if not (tree / schema).is_file():
        raise MissingError(f"{tree}: no source tree of QEMU, it has no {schema}")
    if not (tree / "scripts/qapi").is_dir():
        raise MissingError(f"{tree}: no scripts/qapi, with which its schema could be read")
    data = json.loads(_run(tree, schema))
    places = {name: Place(it["file"], it["line"]) for name, it in data["definitions"].items()}
    return SourceSchema(tuple(data["schema"]), places)


def _run(tree: Path, schema: str) -> str:
    command = [sys.executable, "-I", "-S", "-B", str(_SCRIPT), schema]
    try:
        done = subprocess.run(
            command, cwd=tree, capture_output=True, check=False, text=True, timeout=_LIMIT
        )
    except subprocess.TimeoutExpired as error:
        message = f"{tree}: its scripts/qapi did not read {schema} within {_LIMIT} s"
        raise MissingError(message) from error
    if done.returncode:
        raise MissingError(f"{tree}: cannot read its schema: {_last_words(done.stderr)}")
    return done.stdout


def _last_words(stderr: str) -> str:
    """Take the one line that says what is wrong."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    places = (line for line in lines if "error" in line.lower() or ": " in line)
    last = lines[-1] if lines else "it said nothing"
    is_traceback = bool(lines) and lines[0].startswith("Traceback")
    return last if is_traceback else next(places, last)
