# SPDX-License-Identifier: GPL-2.0-or-later
"""A page that cannot be read is one warning; the others are built."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Site

PAGES = {
    "latin-1": b"# A title\n\ncaf\xe9\n",
    "stumbles": b"# A title\n\n>>>%\n>>>",
    "nested": b"# A title\n\n" + b"".join(b"`" * it + b"{note}\n" for it in range(303, 3, -1)),
}
STUMBLES = "MyST stumbles over this page"
ADVICE = "is it Markdown, and nested less?"


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Write a site, as a case of this directory, whose pages are not text."""
    path = tmp_path / "case.txt"
    entries = "".join(f"{name}\n" for name in PAGES)
    path.write_text(f"=== docs/index.md\n# Home\n\n```{{toctree}}\n{entries}```\n")
    return path


def test_each_unreadable_page_is_one_warning_and_no_traceback(
    case: Path, tmp_path: Path, make_site: "Callable[[Path, Path], Site]"
) -> None:
    site = make_site(case, tmp_path / "site")
    for name, data in PAGES.items():
        (site.root / f"docs/{name}.md").write_bytes(data)
    code, said = site.build()
    assert code == 1
    assert sorted(said) == [
        "docs/latin-1.md:3: WARNING: not UTF-8 at byte 14; save the file as UTF-8 [guide.page]",
        f"docs/nested.md:1: WARNING: {STUMBLES} (RecursionError): {ADVICE} [guide.page]",
        f"docs/stumbles.md:1: WARNING: {STUMBLES} (IndexError): {ADVICE} [guide.page]",
    ]
    assert "Home" in site.page("docs/index.html")
