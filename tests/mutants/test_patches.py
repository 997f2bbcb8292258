# SPDX-License-Identifier: GPL-2.0-or-later
"""The mutants that come with the guide: each can be read, and applies to 10.0."""

import shutil
import subprocess
from pathlib import Path

import pytest
from blockdoc.cli.mutants import SERIES
from blockdoc.mutants import Mutant, read_mutants
from blockdoc.qemu.sources import source_tree

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
PAGE = ROOT / "docs/tools/mutants.md"
MUTANTS = read_mutants(FOLDER, ROOT)


def test_there_are_enough_and_each_says_what_a_user_could_see() -> None:
    assert len(MUTANTS) >= 30
    assert len({it.what for it in MUTANTS}) == len(MUTANTS)
    assert all(it.what.endswith(".") for it in MUTANTS)


def test_the_page_gives_the_reason_of_each_that_cannot_be_noticed() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [it.name for it in MUTANTS if it.unnoticed and f"`{it.name}`" not in page] == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda it: it.name)
def test_it_applies(mutant: Mutant) -> None:
    tree = source_tree(SERIES)
    if not tree.is_dir() or not shutil.which("patch"):
        pytest.skip(f"no sources of QEMU {SERIES}, or no patch(1)")
    words = ["patch", "-p1", "--dry-run", "--forward", "--batch", "--fuzz=0"]
    done = subprocess.run(
        words, cwd=tree, input=mutant.text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
