# SPDX-License-Identifier: GPL-2.0-or-later
"""What of a drawing is taken out, and what stays."""

import pytest
from blockdoc.sphinx_ext.trim import trimmed


def drawing(style: str = "", body: str = "") -> str:
    return f'<svg id="d1"><style>{style}</style>{body}</svg>'


@pytest.mark.parametrize(
    ("style", "body", "kept"),
    [
        ("#d1 .a{fill:red;}", '<g class="b a"/>', "#d1 .a{fill:red;}"),
        ("#d1 .a{fill:red;}", '<g class="ab"/>', ""),
        ("#d1 .a .b,#d1 p{fill:red;}", '<g class="a"/>', "#d1 p{fill:red;}"),
        ('#d1 [data-look="neo"] p{fill:red;}', "<p/>", ""),
        (
            '#d1 [data-look="neo"] p{a:b;}',
            '<p data-look="neo"/>',
            '#d1 [data-look="neo"] p{a:b;}',
        ),
        ('#d1 [id$="-head"] path{a:b;}', "", '#d1 [id$="-head"] path{a:b;}'),
        ("#d1 :root{a:b;}", "", ""),
        (
            "@keyframes dash{to{a:b;}}#d1 p{stroke-dasharray:2;}",
            "",
            "#d1 p{stroke-dasharray:2;}",
        ),
        (
            "@keyframes dash{to{a:b;}}#d1 p{animation:dash 5s linear;}",
            "",
            "@keyframes dash{to{a:b;}}#d1 p{animation:dash 5s linear;}",
        ),
    ],
)
def test_rules_stay_that_can_match(style: str, body: str, kept: str) -> None:
    assert trimmed(drawing(style, body)) == drawing(kept, body)


@pytest.mark.parametrize(
    ("defined", "use", "stays"),
    [
        ('<defs><symbol id="d1-a"/></defs>', '<use href="#d1-a"/>', True),
        ('<defs><symbol id="d1-a"/></defs>', '<use href="#d1-ab"/>', False),
        ('<defs><symbol id="d1-a"/></defs>', '<use href="#d1-a-b"/>', False),
        ('<defs><marker id="d1-a"/></defs>', '<line marker-end="url(#d1-a)"/>', True),
        ('<defs><path id="a"/><path id="b"/></defs>', '<use href="#b"/>', True),
        ('<defs><use href="#d1-a"/><g id="d1-a"/></defs>', "", False),
        ("<defs><style/></defs>", "", True),
    ],
)
def test_definitions_stay_that_are_referred_to(defined: str, use: str, stays: bool) -> None:  # noqa: FBT001
    assert (defined in trimmed(drawing(body=defined + use))) is stays
    assert use in trimmed(drawing(body=defined + use))
