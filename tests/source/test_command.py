# SPDX-License-Identifier: GPL-2.0-or-later
"""`blockdoc symbols` writes the index and reports, with the exit status that scripts need."""

import json
from pathlib import Path

import pytest
from blockdoc.cli import main

TREE = Path(__file__).parent / "trees" / "new"


@pytest.fixture
def guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_text("{src}`JobSTT`\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_guide_that_cites_what_is_there_has_an_index(guide: Path) -> None:
    assert main(["symbols", "--tree", f"10.2.3={TREE}"]) == 0
    index = json.loads((guide / "docs/_data/symbols.json").read_text())
    assert index["symbols"]["JobSTT"]["10.2.3"]["line"] == 30


@pytest.mark.usefixtures("guide")
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_citation_that_does_not_hold_is_reported(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("docs/other.md").write_text("# Other\n\n{src}`bdrv_ghost`\n")
    assert main(["symbols", "--format", form, "--tree", str(TREE)]) == 1
    out = capsys.readouterr().out
    if form == "text":
        assert out.startswith("docs/other.md:3: 'bdrv_ghost' is not in")
    else:
        (finding,) = json.loads(out)
        assert (finding["path"], finding["line"], finding["id"]) == (
            "docs/other.md",
            3,
            "bdrv_ghost",
        )


@pytest.mark.usefixtures("guide")
def test_without_a_tree_it_says_how_to_give_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BLOCKDOC_CACHE", str(tmp_path))
    monkeypatch.delenv("QEMU_SRC", raising=False)
    assert main(["symbols"]) == 2
    assert "QEMU_SRC" in capsys.readouterr().err
