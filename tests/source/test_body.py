# SPDX-License-Identifier: GPL-2.0-or-later
"""A hash changes with the code, and with neither comments nor blanks."""

import pytest
from blockdoc.source.body import lines
from blockdoc.source.c import read_c
from blockdoc.source.declaration import Declaration

CODE = """
int bdrv_f(int a)
{
    if (a == '"') {
        return a + 1; /* so */
    }
    return g("x /* y */", a);
}
"""


def only(code: str, name: str = "bdrv_f") -> Declaration:
    (found,) = [it for it in read_c(code) if it.name == name]
    return found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/* so */", "// not so"),
        ("a + 1;", "a+1 ;"),
        ("int a)\n{", "int a) {"),
        ("int a)", "struct int a)"),
        ("    return g", "\n\n\treturn g"),
        ("int bdrv_f", "#include <a.h>\n/* about */\nint bdrv_f"),
    ],
)
def test_what_says_nothing_does_not_count(old: str, new: str) -> None:
    assert only(CODE.replace(old, new)).hash == only(CODE).hash


@pytest.mark.parametrize(
    ("old", "new"),
    [("a + 1", "a - 1"), ("x /* y */", "x /* z */"), ("'\"'", "'\\''"), ("int a", "long a")],
)
def test_what_says_something_counts(old: str, new: str) -> None:
    assert only(CODE.replace(old, new)).hash != only(CODE).hash


def test_a_macro_that_goes_on_in_the_next_line_is_one_line() -> None:
    one, two = (
        "#define M(a) do { f(a); } while (0)\n",
        "#define M(a) do { \\\n f(a); } while (0)\n",
    )
    assert only(one, "M").hash == only(two, "M").hash
    assert only(one, "M").hash != only(one.replace("f(a)", "g(a)"), "M").hash


def test_lines_keep_their_depth_and_no_more() -> None:
    assert list(lines("int f(void)\n{\n\n    if (a)\n        b  =  c;\n}\n")) == [
        "int f(void)",
        "{",
        "  if (a)",
        "    b = c;",
        "}",
    ]


def test_fields_are_found_by_their_type() -> None:
    code = """
    typedef struct BdrvChild {
        BlockDriverState *bs; /* not NULL */
        int coroutine_fn GRAPH_RDLOCK_PTR (*bdrv_co_flush)(BlockDriverState *bs);
        bool quiesced_parent:1;
    #ifdef CONFIG_X
        int x[4], y;
    #endif
        struct { int inner; } nested;
        QLIST_ENTRY(BdrvChild) next;
        enum { GREEN } colour;
    } BdrvChild;
    """
    fields = {it.name: it.signature for it in read_c(code) if it.kind == "field"}
    assert fields == {
        "BdrvChild.bs": "BlockDriverState *bs",
        "BdrvChild.bdrv_co_flush": (
            "int coroutine_fn GRAPH_RDLOCK_PTR (*bdrv_co_flush)(BlockDriverState *bs)"
        ),
        "BdrvChild.quiesced_parent": "bool quiesced_parent:1",
        "BdrvChild.x": "int x[4], y",
        "BdrvChild.y": "int x[4], y",
        "BdrvChild.inner": "int inner",
        "BdrvChild.nested": "nested",
        "BdrvChild.next": "QLIST_ENTRY(BdrvChild) next",
        "BdrvChild.colour": "colour",
    }
