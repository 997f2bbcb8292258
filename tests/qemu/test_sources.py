# SPDX-License-Identifier: GPL-2.0-or-later
"""Sources come whole or not at all, and it is said in one line why they do not come."""

from collections.abc import Callable
from pathlib import Path

import pytest
from blockdoc.cli import main
from blockdoc.errors import MissingError
from blockdoc.qemu import sources as module
from blockdoc.qemu.mirror import Mirror
from blockdoc.qemu.releases import Supported
from blockdoc.qemu.sources import bring_source, series_of, source_tree, source_trees

TEN = Supported("10.0", "trixie")
#: Notes what it is asked, and unpacks a tree of the version that it is asked for.
APT_GET = """#!/bin/sh
printf '%s\\n' "$@" >> "$LOG/asked"
case " $* " in *" source "*) {body}
for word; do case "$word" in qemu=*) version=${{word#qemu=}};; esac; done
mkdir qemu-x && echo "${{version%%+*}}" > qemu-x/VERSION;;
esac
"""
APT_CACHE = """#!/bin/sh
printf 'Package: qemu\\nVersion: %s\\n\\n' {versions}
"""


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return what puts an apt in place that knows `versions`, and the file of what it heard."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("LOG", str(tmp_path))
    monkeypatch.setenv("BLOCKDOC_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("QEMU_SRC", raising=False)
    monkeypatch.setattr(
        module, "own_mirror", lambda: Mirror("http://m.example/", "http://s.example/")
    )

    def make(versions: str, body: str = "") -> Path:
        for name, text in (
            ("apt-get", APT_GET.format(body=body)),
            ("apt-cache", APT_CACHE.format(versions=versions)),
        ):
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        return tmp_path / "asked"

    return make


def test_the_newest_version_of_the_series_is_unpacked(apt: Callable[..., Path]) -> None:
    asked = apt("10.0.9+ds-1 10.0.13+ds-0+deb13u1 1:11.1.3+ds-1")
    heard: list[str] = []
    tree = bring_source(TEN, heard.append)
    assert tree == source_tree("10.0")
    assert (tree / "VERSION").read_text().strip() == "10.0.13"
    assert "qemu=10.0.13+ds-0+deb13u1" in asked.read_text().splitlines()
    assert heard == ["asking for the list of sources", "downloading and unpacking"]
    assert sorted(path.name for path in tree.parent.iterdir()) == [".10.0.lock", "10.0"]


def test_what_is_there_is_not_brought_again_unless_asked(apt: Callable[..., Path]) -> None:
    apt("10.0.13+ds-1")
    bring_source(TEN, str)
    apt("10.0.14+ds-1")
    assert (bring_source(TEN, str) / "VERSION").read_text().strip() == "10.0.13"
    assert (bring_source(TEN, str, again=True) / "VERSION").read_text().strip() == "10.0.14"


def test_a_suite_that_has_moved_on_is_told_apart(apt: Callable[..., Path]) -> None:
    apt("10.1.2+ds-1 11.1.3+ds-1")
    with pytest.raises(MissingError) as caught:
        bring_source(TEN, str)
    assert str(caught.value) == (
        "the sources of QEMU 10.0 cannot be had: trixie has these series now: 10.1, 11.1; "
        "change tools/blockdoc/qemu/releases.toml"
    )
    assert source_trees() == []


def test_what_fails_leaves_nothing_and_does_not_keep_the_rest_away(
    apt: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    apt("7.2+dfsg-7 10.2.2+ds-1")
    assert main(["qemu", "source", "all"]) == 2
    said = capsys.readouterr()
    assert "of QEMU 10.0 cannot be had" in said.err
    assert said.out.count("are in") == 2
    assert [path.name for path in source_trees()] == ["7.2", "10.2"]
    apt("10.0.13+ds-1", 'echo "E: no network"; exit 100;')
    with pytest.raises(MissingError, match=r"apt-get ended with status 100.*E: no network$"):
        bring_source(TEN, str)
    assert {path.name for path in source_tree("10.0").parent.iterdir()} == {
        *(".7.2.lock", ".10.0.lock", ".10.2.lock"),
        *("7.2", "10.2"),
    }


def test_without_a_mirror_of_debian_it_is_one_line(
    apt: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    apt("10.0.13+ds-1")
    monkeypatch.setattr(module, "own_mirror", lambda: None)
    with pytest.raises(MissingError, match=r"this machine's apt knows no mirror of Debian$"):
        bring_source(TEN, str)


def test_trees_that_are_named_go_before_those_that_were_brought(
    apt: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    apt("10.0.13+ds-1")
    bring_source(TEN, str)
    monkeypatch.setenv("QEMU_SRC", "/a '/b c'")
    assert source_trees() == [Path("/a"), Path("/b c")]


@pytest.mark.parametrize(
    ("version", "series"),
    [("1:7.2+dfsg-7+deb12u18", "7.2"), ("10.0.13+ds-1", "10.0"), ("1:11.2~rc1-1", "11.2")],
)
def test_the_series_of_a_package_is_its_first_two_numbers(version: str, series: str) -> None:
    assert series_of(version) == series
