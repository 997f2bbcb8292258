# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things are kept that can be had again."""

from pathlib import Path

import pytest
from blockdoc.cachedir import cache_folder
from blockdoc.errors import MissingError


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"BLOCKDOC_CACHE": "/c", "XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/c/qemu"),
        ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/blockdoc/qemu"),
        ({"XDG_CACHE_HOME": "x", "HOME": "/h"}, "/h/.cache/blockdoc/qemu"),
        ({"XDG_CACHE_HOME": "", "HOME": "/h"}, "/h/.cache/blockdoc/qemu"),
        ({"BLOCKDOC_CACHE": "", "HOME": "/h"}, "/h/.cache/blockdoc/qemu"),
    ],
)
def test_the_first_that_is_set_says_where(environment: dict[str, str], folder: str) -> None:
    assert cache_folder("qemu", environment) == Path(folder)


def test_a_relative_folder_is_taken_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cache_folder("qemu", {"BLOCKDOC_CACHE": "kept"}) == tmp_path / "kept/qemu"


def test_who_has_no_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", nobody)
    with pytest.raises(MissingError, match="set BLOCKDOC_CACHE"):
        cache_folder("qemu", {})
