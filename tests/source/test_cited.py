# SPDX-License-Identifier: GPL-2.0-or-later
"""What a page cites is found where MyST finds it, with its line."""

from blockdoc.source import cited

PAGE = """\
# Title

{src}`bdrv_one` and
{src}`the second <block/io.c:bdrv_two>`, not `{src}`, nor {term}`bdrv_three`.

| a table |
|---|
| {src}`bdrv_four` |

```{rule} X-1
:title: A title
:symbols: bdrv_five, block/io.c
:firm: guaranteed

A body
with {src}`bdrv_six`.
```

:::{note}
A note: {src}`bdrv_seven`.
:::

```{code-block} markdown
{src}`bdrv_eight`
```

```markdown
{src}`bdrv_nine`
```
"""


def test_roles_and_rules_cite_and_what_only_shows_text_does_not() -> None:
    assert [(it.name, it.line) for it in cited(PAGE, "page.md")] == [
        ("bdrv_one", 3),
        ("block/io.c:bdrv_two", 4),
        ("bdrv_four", 8),
        ("bdrv_five", 10),
        ("block/io.c", 10),
        ("bdrv_six", 16),
        ("bdrv_seven", 20),
    ]
