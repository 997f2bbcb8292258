# SPDX-License-Identifier: GPL-2.0-or-later
"""Read a graph that was saved: by us, or as QEMU answered it."""

import json
from pathlib import Path
from typing import Any

from blockdoc.errors import AuthorError
from blockdoc.graph.facts import GRAPH, picture_of
from blockdoc.graph.json_form import MARK, from_json
from blockdoc.graph.picture import Picture

__all__ = ["read_dump"]


def read_dump(path: str) -> Picture:
    """Read a graph saved earlier: ours, a map of QEMU's answers, or one bare answer.

    :raise AuthorError: it cannot be read, or is none of these.
    """
    try:
        text = Path(path).read_bytes().decode(errors="replace")
        data = json.loads(text)
    except OSError as error:
        raise AuthorError(f"{path}: {error.strerror}") from None
    except RecursionError:
        raise AuthorError(f"{path}: not a graph: nested too deeply") from None
    except ValueError as error:
        raise AuthorError(f"{path}: not JSON: {error}") from None
    return _understood(data, path)


def _understood(data: Any, path: str) -> Picture:  # noqa: ANN401 - JSON
    if isinstance(data, dict) and data.get("schema") == MARK:
        return from_json(data, path)
    bare = _unwrapped(data)
    if isinstance(bare, dict) and {"nodes", "edges"} <= set(bare):
        return picture_of({GRAPH: bare}, path)
    if isinstance(bare, dict) and GRAPH in bare:
        return picture_of({name: _unwrapped(it) for name, it in bare.items()}, path)
    message = (
        f"{path}: no block graph: neither `blockdoc graph --format json`, nor an answer to "
        f"{GRAPH}, nor a map of commands to answers that has one"
    )
    raise AuthorError(message)


def _unwrapped(data: Any) -> Any:  # noqa: ANN401 - JSON
    """Take ``{"return": …}`` off."""
    return data["return"] if isinstance(data, dict) and "return" in data else data
