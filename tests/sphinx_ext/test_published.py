# SPDX-License-Identifier: GPL-2.0-or-later
"""No published id dies: what is gone fails the build; the line that it asks for mends it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from blockdoc.cli import main
from blockdoc.published import IDS, MOVED

if TYPE_CHECKING:
    from conftest import Site

CASE = Path(__file__).parent / "cases/ok/permanent.txt"
DRAIN = "docs/drain.md"
Change = Callable[[Path], None]


@pytest.fixture
def site(
    tmp_path: Path,
    make_site: "Callable[[Path, Path], Site]",
    monkeypatch: pytest.MonkeyPatch,
) -> "Site":
    """Return a site whose ids are published."""
    site = make_site(CASE, tmp_path / "site")
    monkeypatch.chdir(site.root)
    assert main(["ids", "--update"]) == 0
    return site


def edited(path: str, old: str, new: str) -> Change:
    def change(root: Path) -> None:
        text = (root / path).read_text()
        assert old in text
        (root / path).write_text(text.replace(old, new))

    return change


def renamed(old: str, new: str) -> Change:
    def change(root: Path) -> None:
        (root / old).rename(root / new)
        for path in root.glob("docs/*.md"):
            text = path.read_text().replace(Path(old).stem, Path(new).stem)
            path.write_text(text) if path.name != Path(new).name else None

    return change


@pytest.mark.parametrize(
    ("change", "said", "line", "page", "fragments"),
    [
        pytest.param(
            edited(DRAIN, "(drain-why)=\n## Why\n\nIt polls.\n", ""),
            "docs/drain.md:1: WARNING: drain-why was published, and its anchor is gone; ",
            "docs/drain#drain-why docs/drain",
            "docs/drain.html",
            ['id="drain-why"'],
            id="removed",
        ),
        pytest.param(
            edited(DRAIN, "(drain-why)=", "(drain-reason-why)="),
            "docs/drain.md:1: WARNING: drain-why was published, and its anchor is gone; ",
            "docs/drain#drain-why docs/drain#drain-reason-why",
            "docs/drain.html",
            ['<section id="drain-reason-why">', 'id="drain-why"'],
            id="renamed",
        ),
        pytest.param(
            renamed(DRAIN, "docs/draining.md"),
            "docs/drain.md:1: WARNING: the page is gone, and 3 published ids are of it, 3 of "
            "them in docs/draining.md now; ",
            "docs/drain docs/draining",
            "docs/drain.html",
            [
                '<link rel="canonical" href="draining.html">',
                '<meta name="robots" content="noindex">',
                'location.replace(moved[anchor] || "draining.html" + location.hash);',
                '<noscript><meta http-equiv="refresh" content="0; url=draining.html">',
            ],
            id="moved page",
        ),
        pytest.param(
            renamed("examples/two.md", "examples/second.md"),
            "examples/two.md:1: WARNING: the page is gone, and 2 published ids are of it, 1 of "
            "them in examples/second.md now; ",
            "examples/two examples/second",
            "r/two/index.html",
            ['url=../../examples/second.html"'],
            id="moved example",
        ),
    ],
)
def test_what_is_gone_fails_the_build_until_it_leads_on(  # noqa: PLR0913, PLR0917
    site: "Site", change: Change, said: str, line: str, page: str, fragments: list[str]
) -> None:
    change(site.root)
    code, warnings = site.build()
    (warning,) = warnings
    assert code == 1
    assert warning.startswith(said)
    advice = re.search(r"add this line to (\S+), .*?: (\S+ \S+)", warning)
    assert advice is not None
    assert advice.groups() == (MOVED, line)
    assert main(["ids"]) == 1
    (site.root / MOVED).write_text(f"# Moved.\n\n{line}\n")
    assert site.build() == (0, [])
    assert main(["ids"]) == 0
    html = site.page(page)
    for fragment in fragments:
        assert fragment in html


def test_a_rule_that_goes_to_another_page_leads_there_by_link_and_by_short_link(
    site: "Site",
) -> None:
    text = (site.root / DRAIN).read_text()
    rule = text[text.index("```{rule}") :]
    (site.root / DRAIN).write_text(text.replace(rule, ""))
    with (site.root / "docs/other.md").open("a") as file:
        file.write(rule)
    code, warnings = site.build()
    line = "docs/drain#drain-3 docs/other#drain-3"
    assert code == 1
    assert warnings[0].startswith(
        "docs/drain.md:1: WARNING: DRAIN-3 was published at docs/drain#drain-3, and is now at "
        "docs/other#drain-3; "
    )
    assert f": {line} [" in warnings[0]
    (site.root / MOVED).write_text(f"{line}\n")
    assert site.build() == (0, [])
    html = site.page("docs/drain.html")
    assert '<a class="moved" id="drain-3" href="other.html#drain-3">Other</a>' in html
    assert 'url=../../docs/other.html#drain-3"' in site.page("r/DRAIN-3/index.html")
    assert main(["ids", "--update"]) == 0
    both = '"DRAIN-3": "docs/drain#drain-3 docs/other#drain-3"'
    assert both in (site.root / IDS).read_text()


def test_the_redirect_of_a_redirect_is_asked_for_when_the_middle_moves(site: "Site") -> None:
    edited(DRAIN, "(drain-why)=", "(drain-reason)=")(site.root)
    (site.root / MOVED).write_text("docs/drain#drain-why docs/drain#drain-reason\n")
    assert main(["ids", "--update"]) == 0
    edited(DRAIN, "(drain-reason)=", "(drain-reasons)=")(site.root)
    code, warnings = site.build()
    assert code == 1
    assert any(": docs/drain#drain-reason docs/drain#drain-reasons [" in it for it in warnings)
    with (site.root / MOVED).open("a") as file:
        file.write("docs/drain#drain-reason docs/drain#drain-reasons\n")
    assert site.build() == (0, [])
    assert 'url=../../docs/drain.html#drain-reasons"' in site.page("r/drain-why/index.html")


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        (
            "docs/drain#drain-why docs/other",
            f"{MOVED}:1: WARNING: docs/drain#drain-why is there",
        ),
        (
            "docs/x docs/othr",
            f"{MOVED}:1: WARNING: docs/othr, to which this leads, is not there;",
        ),
        ("docs/x docs/y\ndocs/y docs/x", f"{MOVED}:1: WARNING: the redirect leads in a circle"),
        ("docs/x", f"{MOVED}:1: WARNING: expected two addresses"),
        ("docs/x docs/other\ndocs/x docs/drain", f"{MOVED}:2: WARNING: docs/x is there twice"),
    ],
)
def test_a_redirect_that_does_not_hold_is_refused(site: "Site", moved: str, said: str) -> None:
    (site.root / MOVED).write_text(f"{moved}\n")
    code, warnings = site.build()
    assert code == 1
    assert [it[: len(said)] for it in warnings] == [said]
    assert main(["ids"]) > 0


def test_what_is_gone_is_not_forgotten_by_an_update(
    site: "Site", capsys: pytest.CaptureFixture[str]
) -> None:
    before = (site.root / IDS).read_text()
    edited(DRAIN, "(drain-why)=", "(drain-reason)=")(site.root)
    capsys.readouterr()
    assert main(["ids", "--update", "--format", "json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["path"], found["id"], found["kind"]) == (DRAIN, "drain-why", "id")
    assert (site.root / IDS).read_text() == before


def test_what_is_new_is_published_by_command_alone(
    site: "Site", capsys: pytest.CaptureFixture[str]
) -> None:
    (site.root / "docs/other.md").write_text("(other)=\n# Other\n\n(other-new)=\n## New\n")
    capsys.readouterr()
    assert main(["ids"]) == 0
    assert "8 ids are published, 1 are new" in capsys.readouterr().err
    assert main(["ids", "--update"]) == 0
    assert '"other-new": "docs/other#other-new"' in (site.root / IDS).read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(other)=\n# Other\n\n## New\n", "docs/other.md:4: the section has no id; "),
        (
            "(other)=\n# Other\n\n(two-first)=\n## New\n",
            "examples/two.md:7: step two-first has the id of docs/other.md:5",
        ),
    ],
)
def test_what_cannot_be_cited_is_told_of(
    site: "Site", text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (site.root / "docs/other.md").write_text(text)
    capsys.readouterr()
    assert main(["ids"]) == 1
    (line, *_) = capsys.readouterr().out.splitlines()
    assert line.startswith(said)


def test_a_step_with_the_id_of_a_section_fails_the_build(site: "Site") -> None:
    (site.root / "docs/other.md").write_text("(other)=\n# Other\n\n(two-first)=\n## New\n")
    code, warnings = site.build()
    assert code == 1
    assert warnings[0].startswith(
        "examples/two.md:7: WARNING: step two-first has the id of docs/"
    )


def test_an_inventory_that_cannot_be_read_is_one_line(
    site: "Site", capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ("{", "[]", '{"a": 1}'):
        (site.root / IDS).write_text(text)
        assert main(["ids"]) == 2
        assert capsys.readouterr().err.startswith(f"{IDS}:1: cannot be read: "), text
        code, warnings = site.build()
        assert code == 1
        assert [it.split(": ")[0] for it in warnings] == [f"{IDS}:1"]
