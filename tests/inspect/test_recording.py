# SPDX-License-Identifier: GPL-2.0-or-later
"""What makes a new frame of a recording, and what does not."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from blockdoc.cli import main
from blockdoc.errors import AuthorError
from blockdoc.graph.facts import picture_of
from blockdoc.graph.picture import Facts, Picture
from blockdoc.inspect import watch
from blockdoc.inspect.player import Player
from blockdoc.inspect.watch import Recording

sys.path.insert(0, str(Path(__file__).parents[1] / "graph"))
from picture_support import answers, disk


def picture(**facts: int | str) -> Picture:
    made = picture_of(answers(disk(1)), "x")
    return replace(made, facts={**made.facts, "n_disk1_2e_0": Facts(**facts)})  # type: ignore[arg-type]


def test_progress_alone_makes_no_frame_but_is_kept() -> None:
    found = Recording()
    assert found.see(0, picture(offset=1, length=9))
    assert not found.see(1, picture(offset=5, length=9))
    assert found.see(2, picture(offset=5, length=9, state="ready"))
    assert [(it.at, it.until) for it in found.frames] == [(0, 1), (2, 2)]
    assert found.frames[0].picture == picture(offset=5, length=9)


@pytest.mark.parametrize("how", [["--save", "x.html"], ["--serve"]])
def test_that_nothing_can_be_drawn_is_said_before_anything_is_seen(
    how: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["graph", "--qmp", "/nobody/there", "--watch", *how]) == 2
    assert "install the package graphviz" in capsys.readouterr().err


def test_of_too_many_frames_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MOST", 3)
    found = Recording()
    for number in range(7):
        found.see(number, picture(state=str(number)))
    assert [frame.number for frame in found.frames] == [4, 5, 6]
    drawn = Player(found).since(5, 0)["frames"]
    assert [it["number"] for it in drawn] == [5, 6]
    assert drawn[0]["changes"] == ["changed node disk1.0: state 4 → 5"]


def test_of_one_disk_only_what_belongs_to_it_is_recorded() -> None:
    both, other = picture_of(answers(disk(1), disk(2)), "x"), picture_of(answers(disk(2)), "x")
    found = Recording(only="disk1.0")
    assert found.see(0, both)
    names = [it.name for it in found.frames[0].picture.graph.nodes]
    assert names == ["vd1/virtio", "disk1.0", "disk1.1"]
    assert found.see(1, other)
    assert found.frames[1].picture.graph.nodes == ()
    with pytest.raises(AuthorError, match=r"disk1\.0: nothing in the graph is called so"):
        Recording(only="disk1.0").see(0, other)


@pytest.mark.parametrize(
    ("more", "name"),
    [
        (["--path", "vda"], "--path"),
        (["--why-not", "w", "x"], "--why-not"),
        (["--diff", "x"], "--diff"),
        (["-o", "x"], "--output"),
        (["--format", "svg"], "--format svg"),
    ],
)
def test_what_cannot_be_had_over_time_is_refused(
    more: list[str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["graph", "--qmp", "/nobody/there", "--watch", *more]) == 2
    assert f"--watch has no {name}; " in capsys.readouterr().err


def test_questions_are_asked_one_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "--json", "x", "--diff", "y", "--path", "z"]) == 2
    assert capsys.readouterr().err == "--diff and --path are asked one at a time\n"
