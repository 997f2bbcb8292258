# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples of the chapter on management are the sequences that libvirt was recorded with.

Equal means: the same commands, in the same order, each with the same members and the same
values.  Names of nodes, jobs, bitmaps, files, devices and buses may differ, but one name of
the example stands for one name of the recording, everywhere and in both directions.  Queries
are left out on both sides, and so are the example's steps with `:setup:`, but what they put
below a node must be below it in the recorded graph.  Guests and clients (`hmp-example`,
`console-example`) are no commands of libvirt's.  See blockdoc.replay.same.

Some examples go through several operations, one after the other.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from blockdoc.example import parse_example, read_example
from blockdoc.replay import read_recording
from blockdoc.replay.same import (
    Edges,
    Spoken,
    below_in_example,
    below_in_recording,
    differences,
    of_example,
    of_recording,
)

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "examples/libvirt/recorded"
FOLDER = ROOT / "examples/management"
#: Which operations an example goes through.
SAME = {
    "attach": ("attach-disk", "detach-disk"),
    "snapshot": ("snapshot-create-disk-only",),
    "commit": ("blockcommit-active-pivot",),
    "abort": ("blockcommit-active-abort",),
    "pull": ("blockpull",),
    "copy": ("blockcopy-pivot",),
    "push": ("backup-push-incremental",),
    "backup-pull": ("backup-pull-incremental",),
    "checkpoint": (
        "checkpoint-create",
        "checkpoint-create-second",
        "checkpoint-size",
        "checkpoint-delete",
    ),
    "media": ("change-media-update",),
}


def spoken(name: str) -> tuple[list[Spoken], list[Spoken], tuple[Edges, Edges]]:
    """Return what the example says, what libvirt said, and what was below what before."""
    recordings = [read_recording(RECORDED / f"{it}.json") for it in SAME[name]]
    example = read_example(FOLDER / f"{name}.md", ROOT)
    theirs = [it for recording in recordings for it in of_recording(recording)]
    release = recordings[0].qemu
    below = below_in_example(example, ROOT, release), below_in_recording(recordings[0])
    return of_example(example, ROOT, release), theirs, below


def test_every_example_is_held_against_a_recording() -> None:
    """A page that claims to be libvirt's sequence and is in no table would not be checked."""
    assert {it.stem for it in FOLDER.glob("*.md")} - {"index"} == set(SAME)


@pytest.mark.parametrize("name", SAME)
def test_an_example_is_the_recorded_sequence(name: str) -> None:
    """Names apart, it says what libvirt said."""
    assert differences(*spoken(name)) == []


@pytest.mark.parametrize("name", SAME)
def test_another_order_is_noticed(name: str) -> None:
    """Two neighbours that change places are seen, whichever they are."""
    ours, theirs, below = spoken(name)
    for index in range(len(ours) - 1):
        moved = [*ours]
        moved[index], moved[index + 1] = ours[index + 1], ours[index]
        assert differences(moved, theirs, below), ours[index]


@pytest.mark.parametrize("name", SAME)
def test_a_command_too_many_or_too_few_is_noticed(name: str) -> None:
    """Each command is needed, the last as well."""
    ours, theirs, below = spoken(name)
    for index in range(len(ours)):
        assert differences(ours[:index] + ours[index + 1 :], theirs, below)
    assert differences([*ours, ours[-1]], theirs, below)


@pytest.mark.parametrize("name", SAME)
def test_a_member_too_many_or_too_few_is_noticed(name: str) -> None:
    """Each argument is needed, and no other."""
    ours, theirs, below = spoken(name)
    for index, it in enumerate(ours):
        for member in it.arguments:
            less = {key: value for key, value in it.arguments.items() if key != member}
            changed = [*ours[:index], replace(it, arguments=less), *ours[index + 1 :]]
            assert (
                f"the example does not say {member}" in differences(changed, theirs, below)[0]
            )
        more = replace(it, arguments={**it.arguments, "extra": 1})
        changed = [*ours[:index], more, *ours[index + 1 :]]
        assert "libvirt does not say extra" in differences(changed, theirs, below)[0]


EXAMPLE = """---
title: A title
qemu: storage-daemon
---

# A title

```{{qmp-example}}
:id: an-id
{options}

{commands}
```
"""
ADD = '-> {"execute": "blockdev-add", "arguments": {"driver": "null-co", "node-name": "%s"}}'
DEL = '-> {"execute": "blockdev-del", "arguments": {"node-name": "%s"}}'


def said(*commands: str, options: str = "") -> list[Spoken]:
    text = EXAMPLE.format(commands="\n".join(commands), options=options)
    return of_example(parse_example(text, "examples/x.md"), ROOT, "11.1.2")


def test_two_names_do_not_become_one() -> None:
    """Neither may two nodes of libvirt's be one of the example, nor the other way round."""
    two = said(ADD % "a", ADD % "b", DEL % "a")
    assert differences(said(ADD % "x", ADD % "y", DEL % "x"), two) == []
    one = differences(said(ADD % "x", ADD % "x", DEL % "x"), two)
    assert one == [
        "examples/x.md:13: blockdev-add: node-name: x stands for a already, not for b"
    ]
    split = differences(said(ADD % "x", ADD % "y"), said(ADD % "a", ADD % "a"))
    assert split == ["examples/x.md:13: blockdev-add: node-name: x stands for a, not y"]
    crossed = differences(said(ADD % "x", ADD % "y", DEL % "y"), two)
    assert len(crossed) == 1
    assert crossed[0].startswith(
        "examples/x.md:14: blockdev-del: node-name: y stands for b already"
    )


def test_what_is_no_name_must_be_equal() -> None:
    """A driver is not a name, and a number is not a boolean."""
    null = said(ADD % "a")
    other = said((ADD % "a").replace("null-co", "null-aio"))
    assert differences(other, null) == [
        "examples/x.md:12: blockdev-add: driver: 'null-aio', libvirt says 'null-co'"
    ]
    number = said((ADD % "a").replace("}}", ', "x": 1}}'))
    boolean = said((ADD % "a").replace("}}", ', "x": true}}'))
    assert len(differences(number, boolean)) == 1


def test_queries_and_the_set_up_do_not_count() -> None:
    """A page may look where libvirt did not, and must make what libvirt had."""
    query = '-> {"execute": "query-jobs"}'
    assert differences(said(query, ADD % "a", query), said(ADD % "b")) == []
    assert said(ADD % "a", options=":setup:") == []


def test_what_the_set_up_puts_below_a_node_is_below_it_in_the_recording() -> None:
    """A chain that is named from the top alone is told apart all the same."""
    theirs = {("t", "backing"): "m", ("t", "file"): "f"}
    drop = said(DEL % "top")
    assert differences(drop, said(DEL % "t"), ({("top", "backing"): "mid"}, theirs)) == []
    extra = differences(drop, said(DEL % "t"), ({("top", "backing"): "mid"}, {}))
    assert extra == ["backing of top is mid, which is not libvirt's None"]
    swapped = differences(
        said(DEL % "top", DEL % "mid"),
        said(DEL % "t", DEL % "f"),
        ({("top", "backing"): "mid"}, theirs),
    )
    assert swapped == ["backing of top is mid, which is not libvirt's m"]
