# SPDX-License-Identifier: GPL-2.0-or-later
"""How a message is laid out."""

from blockdoc.transcript import Json, format_message


def test_on_one_line_if_it_fits() -> None:
    value: Json = {"return": [{"a": 1, "b": []}, {}, None, "é"]}
    assert format_message("<-", value) == (
        '<- { "return": [ { "a": 1, "b": [] }, {}, null, "\\u00e9" ] }'
    )


def test_the_last_column_is_used() -> None:
    text = format_message("->", {"execute": "query-block", "id": 1})
    assert format_message("->", {"execute": "query-block", "id": 1}, len(text)) == text
    assert "\n" in format_message("->", {"execute": "query-block", "id": 1}, len(text) - 1)


def test_else_aligned_behind_the_bracket() -> None:
    value: Json = {"execute": "blockdev-add", "arguments": {"driver": "raw", "size": 1}}
    assert format_message("->", value, 40).splitlines() == [
        '-> { "execute": "blockdev-add",',
        '     "arguments": { "driver": "raw",',
        '                    "size": 1 } }',
    ]


def test_far_to_the_right_it_hangs() -> None:
    value: Json = {"return": {"backing-image": {"filename": "a.qcow2", "format": "qcow2"}}}
    assert format_message("<-", value, 60).splitlines() == [
        '<- { "return": { "backing-image": {',
        '                   "filename": "a.qcow2",',
        '                   "format": "qcow2"',
        "                 } } }",
    ]


def test_plain_elements_share_lines() -> None:
    assert format_message("<-", {"return": list(range(10))}, 31).splitlines() == [
        '<- { "return": [ 0, 1, 2, 3,',
        "                 4, 5, 6, 7,",
        "                 8, 9 ] }",
    ]


def test_an_events_timestamp_is_left_out() -> None:
    value: Json = {"timestamp": {"seconds": 1}, "event": "STOP"}
    assert format_message("<-", value) == '<- { "event": "STOP" }'
    assert "timestamp" in format_message("<-", {"return": 1, "timestamp": 2})
