# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages at random: JSON values, and the ways to write them down."""

import json

from blockdoc.transcript import Json
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

KEYS = st.sampled_from(["id", "a", "node-name", "x/y", "0", "é", "", "end", 'q"'])

SCALARS: SearchStrategy[Json] = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["...", "<x>", "it's", "}", "-> {", "\n", "\x7f", "\U0001f40e"])
    | st.text(max_size=4)
)


def _containers(inner: SearchStrategy[Json]) -> SearchStrategy[Json]:
    return st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)


VALUES: SearchStrategy[Json] = st.recursive(SCALARS, _containers, max_leaves=12)
MESSAGES: SearchStrategy[dict[str, Json]] = st.dictionaries(KEYS, VALUES, max_size=4)


@st.composite
def written(draw: DrawFn, value: Json, *, gaps: bool = True) -> str:
    """Write a value as an author might: any layout, with gaps that hide entries."""
    if isinstance(value, dict):
        parts = [
            f"{json.dumps(k)}:{_blank(draw)}{draw(written(v, gaps=gaps))}"
            for k, v in value.items()
        ]
        return _container(draw, "{", parts, "}", gaps=gaps)
    if isinstance(value, list):
        return _container(
            draw, "[", [draw(written(v, gaps=gaps)) for v in value], "]", gaps=gaps
        )
    if gaps and draw(st.integers(0, 9)) == 0:
        return "..."
    return draw(st.sampled_from([_double, _single]))(value)


def _double(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _single(value: Json) -> str:
    if not isinstance(value, str) or '"' in value:
        return json.dumps(value)
    return "'" + json.dumps(value)[1:-1].replace("'", "\\'") + "'"


def _blank(draw: DrawFn) -> str:
    return draw(st.sampled_from(["", " ", "\n    ", "\n\t ", "\r\n  "]))


def _container(
    draw: DrawFn, opening: str, parts: list[str], closing: str, *, gaps: bool
) -> str:
    """Put entries between brackets, some of them behind a gap."""
    if gaps and draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, len(parts)))
        gap = draw(st.sampled_from(["...", "... more of it ..."]))
        parts = [*parts[:at], gap, *parts[draw(st.integers(at, len(parts))) :]]
    body = f"{_blank(draw)},{_blank(draw)}".join(parts)
    return f"{opening}{_blank(draw)}{body}{_blank(draw)}{closing}"
