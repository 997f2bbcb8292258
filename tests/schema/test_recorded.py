# SPDX-License-Identifier: GPL-2.0-or-later
"""The recorded schemas: lines of words, types with names, and the same as QEMU says."""

from pathlib import Path

import pytest
from blockdoc.errors import AuthorError, BlockdocError, MissingError
from blockdoc.qemu import find_build, schema_of
from blockdoc.schema import Schema
from blockdoc.schema.compact import read_part, write_part
from blockdoc.schema.modules import read_modules
from blockdoc.schema.names import renamed, true_names
from blockdoc.schema.recorded import Recorded, read_releases, write_release

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def releases() -> tuple[Recorded, ...]:
    return read_releases(ROOT)


@pytest.mark.parametrize(
    "line",
    [
        "command block-commit 12 q_empty",
        "command x 1 2 oob open daemon +deprecated +unstable",
        "event E 3 daemon +unstable",
        "object o a:str b?:[12] c?:int+deprecated+unstable",
        "object u +some driver:D | driver file:f raw:r",
        "object e",
        "enum e a b+deprecated 1.0",
        "enum f +unstable a",
        "array [12] 12 +f",
        "alternate a str 12",
        "builtin any value",
    ],
)
def test_a_part_is_written_as_it_is_read(line: str):
    part, daemon = read_part(line)
    assert write_part(part, daemon=daemon) == line


@pytest.mark.parametrize("line", ["", "struct a", "command a b", "object a b", "builtin a"])
def test_a_broken_file_is_refused_with_its_line(line: str):
    text = f"qemu 11.1.3\nbuiltin str string\n{line}\n"
    with pytest.raises(AuthorError, match=r"^x.txt:3: cannot read `.*` as a part of a schema$"):
        Recorded.parse(text, "x.txt")


def test_releases_come_oldest_first(releases: tuple[Recorded, ...]):
    assert [it.release.series for it in releases] == ["7.2", "10.0", "11.1"]


def test_files_are_small_and_canonical(releases: tuple[Recorded, ...]):
    for recorded in releases:
        path = ROOT / f"docs/_data/schema/{recorded.release.series}.txt"
        assert path.read_text(encoding="utf-8") == recorded.text()
        assert path.stat().st_size < 150_000


def test_the_storage_daemon_has_less_than_the_system_emulator(releases: tuple[Recorded, ...]):
    for recorded in releases:
        daemon, system = recorded.schema("storage-daemon"), recorded.schema("system")
        assert daemon.commands.keys() < system.commands.keys()
        assert daemon.events.keys() < system.events.keys()
        assert "device_add" not in daemon.commands
        assert system.commands["device_add"].open


def test_releases_are_targets_of_conditions(releases: tuple[Recorded, ...]):
    old, *_, new = releases
    assert not old.has("command", "block-job-change")
    assert new.has("command", "block-job-change")
    assert new.has("event", "JOB_STATUS_CHANGE")
    assert new.has("driver", "qcow2")
    assert not new.has("driver", "gluster")
    assert old.has("driver", "gluster")


def test_a_written_release_is_read_back(releases: tuple[Recorded, ...], tmp_path: Path):
    write_release(tmp_path, releases[0])
    assert read_releases(tmp_path) == releases[:1]
    assert [it.name for it in (tmp_path / "docs/_data/schema").iterdir()] == ["7.2.txt"]


def test_without_files_it_says_how_to_make_them(tmp_path: Path):
    with pytest.raises(MissingError, match="`blockdoc schema --write` makes them"):
        read_releases(tmp_path)
    with pytest.raises(MissingError, match=r"`blockdoc schema --write --tree DIR` makes it"):
        read_modules(tmp_path)


def test_types_have_the_names_of_the_sources(releases: tuple[Recorded, ...]):
    for recorded in releases:
        types = recorded.system.types
        numbers = [name for name in types if name.isdecimal()]
        assert {"JobStatus", "JobType", "BlockdevDriver", "BlockExportType"} <= types.keys()
        assert len(numbers) < 20


def test_names_are_found_again_by_walking_side_by_side(releases: tuple[Recorded, ...]):
    schema = releases[-1].system
    plain = [name for name in schema.types if not name.startswith("[") and name != "str"]
    numbers = {name: str(number) for number, name in enumerate(plain)}
    hidden = Schema.of(renamed(part, numbers) for part in schema.parts())
    assert "JobStatus" not in hidden.types
    names = true_names(hidden, schema)
    wanted = {number: name for name, number in numbers.items() if not name.isdecimal()}
    builtins = {"int", "bool", "number", "null", "any"}
    assert {it for it in wanted.items() if it[1] not in builtins} <= names.items()


def test_one_type_there_may_be_two_here():
    part = {"meta-type": "object", "members": []}
    command = {"meta-type": "command", "name": "a"}
    here = [
        {**part, "name": "1"},
        {**part, "name": "2"},
        {**command, "arg-type": "1", "ret-type": "2"},
    ]
    there = [{**part, "name": "Both"}, {**command, "arg-type": "Both", "ret-type": "Both"}]
    names = true_names(Schema.from_introspection(here), Schema.from_introspection(there))
    assert names == {"1": "Both"}


def test_a_name_is_kept_whatever_another_release_calls_it(releases: tuple[Recorded, ...]):
    for schema in (releases[0].system, releases[-1].system):
        names = true_names(schema, releases[1].system)
        assert all(name.isdecimal() for name in names)


def test_what_is_recorded_is_what_qemu_says(releases: tuple[Recorded, ...]):
    try:
        build = find_build()
    except BlockdocError as error:
        pytest.skip(str(error))
    same = [it for it in releases if it.release == build.release]
    if not same:
        pytest.skip(f"nothing is recorded of QEMU {build.version}")
    (recorded,) = same
    live = schema_of(build, "system")
    assert live.commands.keys() == recorded.system.commands.keys()
    names = true_names(live, recorded.system)
    named = Schema.of(renamed(part, names) for part in live.parts())
    assert Recorded.of(build.version, named, schema_of(build, "storage-daemon")) == recorded


def test_the_block_layers_modules_are_recorded():
    modules = read_modules(ROOT)
    assert [*modules.modules] == ["block-core", "block", "block-export", "transaction", "job"]
    assert "block-commit" in modules.modules["block-core"].commands
    assert "transaction" in modules.commands
    assert "JOB_STATUS_CHANGE" in modules.events
    assert modules.enums["JobVerb"][:2] == ("cancel", "pause")


@pytest.mark.parametrize("text", ["", "{}", '{"qemu": "1", "modules": []}', "[]"])
def test_a_broken_list_of_modules_is_one_line(tmp_path: Path, text: str):
    path = tmp_path / "docs/_data/schema/modules.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(AuthorError, match=r"modules.json:1: not a list of modules"):
        read_modules(tmp_path)
