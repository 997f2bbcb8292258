# SPDX-License-Identifier: GPL-2.0-or-later
"""The model of a schema, read from what query-qmp-schema returns."""

import pytest
from blockdoc.errors import QemuError
from blockdoc.schema import Array, EnumValue, Member, Schema

TYPES = [
    {"meta-type": "builtin", "name": "str", "json-type": "string"},
    {"meta-type": "object", "name": "0", "members": []},
]


def read(*entries: object) -> Schema:
    return Schema.from_introspection([*TYPES, *entries])


def command(name: str = "job-pause", **more: object) -> dict[str, object]:
    return {"meta-type": "command", "name": name, "arg-type": "0", "ret-type": "0", **more}


def test_a_command_has_its_types_and_says_what_is_special_about_it():
    plain = read(command()).commands["job-pause"]
    assert (plain.arg_type, plain.ret_type, plain.allow_oob, plain.open) == (
        "0",
        "0",
        False,
        False,
    )
    special = command(**{"allow-oob": True, "features": ["deprecated"]})
    found = read(special).commands["job-pause"]
    assert found.allow_oob
    assert found.features == ("deprecated",)


def test_device_add_and_commands_that_say_so_take_more_arguments():
    schema = read(command("device_add"), command("other", gen=False), command("third"))
    assert [it.name for it in schema.commands.values() if it.open] == ["device_add", "other"]


def test_a_member_with_a_default_is_optional():
    members = [
        {"name": "id", "type": "str"},
        {"name": "speed", "type": "str", "default": None, "features": ["unstable"]},
    ]
    found = read({"meta-type": "object", "name": "1", "members": members}).object("1")
    assert found.members == (
        Member("id", "str"),
        Member("speed", "str", optional=True, features=("unstable",)),
    )


def test_a_union_has_its_tag_and_a_type_for_each_value():
    union = {
        "meta-type": "object",
        "name": "u",
        "members": [{"name": "driver", "type": "str"}],
        "tag": "driver",
        "variants": [{"case": "file", "type": "0"}],
    }
    found = read(union).object("u")
    assert (found.tag, dict(found.variants)) == ("driver", {"file": "0"})


@pytest.mark.parametrize(
    "how",
    [{"members": [{"name": "a"}, {"name": "b"}]}, {"values": ["a", "b"]}],
    ids=["new releases", "old releases"],
)
def test_an_enumeration_is_read_as_any_release_writes_it(how: dict[str, object]):
    schema = read({"meta-type": "enum", "name": "e", **how})
    assert schema.types["e"].values == (EnumValue("a"), EnumValue("b"))


def test_names_of_types_may_be_numbers_or_true_names():
    schema = read({"meta-type": "array", "name": "[strList]", "element-type": "str"})
    assert schema.types["[strList]"] == Array("[strList]", "str")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("text", "not a schema: expected an object for each entry, found 'text'"),
        ({"meta-type": "struct", "name": "x"}, "unknown meta-type 'struct' of 'x'"),
        ({"meta-type": "event", "name": "X"}, "bad or missing 'arg-type'"),
        ({"meta-type": "event", "name": "X", "arg-type": "7"}, "no such type: 7"),
        ({"meta-type": "event", "name": "X", "arg-type": "str"}, "str is no object type"),
        ({"meta-type": "object", "name": "o", "members": "no"}, "bad or missing 'members'"),
        ({"meta-type": "enum", "name": "e", "values": [1]}, "bad or missing 'values'"),
        ({"meta-type": "enum", "name": "e", "members": ["a"]}, "bad or missing 'members'"),
    ],
)
def test_what_is_no_schema_is_refused_in_one_line(entry: object, message: str):
    with pytest.raises(QemuError) as caught:
        read(entry)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
