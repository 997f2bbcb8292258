# SPDX-License-Identifier: GPL-2.0-or-later
"""The operations are those that are recorded; what a libvirt lacks has a reason."""

import json
from pathlib import Path

import pytest
from blockdoc.cli import main
from blockdoc.libvirt.operations import GROUPS, lacking, operations_of
from blockdoc.libvirt.xml import FILES

RECORDED = Path(__file__).parents[2] / "examples/libvirt/recorded"
#: Operations that a folder has no recording of yet, and why.
MISSING = {
    # The operations came after the recordings.
    "recorded": {
        "attach-disk-throttle-group",
        "detach-disk-throttle-group",
        "blockcopy-nbd",
        "backup-push-two-disks",
    },
    "bookworm": {
        # With 7.2 the pull at 1 byte/s was over before it was aborted, and the chain gone.
        "blockjob-speed-abort",
        "blockcommit-active-abort",
        "blockcommit-active-to-base",
        # The root had no mount(8) for the second daemon; it has now.
        "migrate-copy-storage-all",
        "migrate-copy-storage-inc",
    },
}
PAIRS = (RECORDED, RECORDED / "bookworm", RECORDED / "trixie")


def names_in(folder: Path) -> set[str]:
    """Return the operations that a folder has recordings of."""
    return {it.name.partition(".")[0] for it in folder.glob("*.json")}


@pytest.mark.parametrize("folder", PAIRS, ids=lambda it: it.name)
def test_all_that_a_libvirt_has_is_recorded(folder: Path) -> None:
    """And nothing else."""
    libvirt = json.loads((folder / "domain-start.json").read_text())["libvirt"]
    expected = {it.name for it in operations_of()} - lacking(libvirt).keys()
    assert names_in(folder) == expected - MISSING.get(folder.name, set())


@pytest.mark.parametrize("folder", PAIRS, ids=lambda it: it.name)
def test_what_was_typed_is_what_the_operation_says(folder: Path) -> None:
    """The list and the files cannot drift apart."""
    for it in operations_of():
        for file in folder.glob(f"{it.name}.*"):
            typed = json.loads(file.read_text())["operation"]
            lines = [typed] if isinstance(typed, str) else typed
            assert lines == [step for step in it.steps if step.startswith("virsh ")], file.name


def test_names_are_unique_and_files_are_there() -> None:
    """A second operation of that name would overwrite the first one's file."""
    names = [it.name for it in operations_of()]
    assert len(set(names)) == len(names)
    assert len({it.name for it in GROUPS}) == len(GROUPS)
    needed = {name for it in operations_of() for name in it.files}
    assert needed - {"demo.xml"} <= FILES.keys()


def test_what_is_lacking_has_a_reason() -> None:
    """In words that say which libvirt."""
    assert lacking("12.8.0") == {}
    assert lacking("11.3.0") == {
        "blockcopy-dest-is-zero": "libvirt 11.3.0 has no blockcopy --dest-is-zero"
    }
    assert "throttlegroup-set" in lacking("9.0.0")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sid"], "'sid' is no suite to record; there are bookworm, trixie, forky"),
        ([], "'nothing' is no suite to record; there are bookworm, trixie, forky"),
        (["trixie", "--only", "blockpul"], "no operation is called 'blockpul'"),
    ],
)
def test_used_wrongly(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    """One line says what there is."""
    assert main(["libvirt-record", *words]) == 2
    assert said in capsys.readouterr().err
