# SPDX-License-Identifier: GPL-2.0-or-later
"""The reader of C knows every shape that QEMU's sources have at file scope."""

from pathlib import Path

import pytest
from blockdoc.source.c import read_c
from blockdoc.source.mask import mask, uncomment

TREE = Path(__file__).parent / "trees" / "new"

# name, line, whether it is the definition, signature
BLOCK_C = [
    ("bdrv_drivers", 4, True, "static QLIST_HEAD(, BlockDriver) bdrv_drivers"),
    (
        "bdrv_open_common",
        8,
        False,
        "static int bdrv_open_common(BlockDriverState *bs, const char *text)",
    ),
    (
        "bdrv_halves",
        12,
        True,
        "int coroutine_fn GRAPH_RDLOCK bdrv_halves(BdrvChild *child, int64_t offset)",
    ),
    (
        "bdrv_open_common",
        25,
        True,
        "static int bdrv_open_common(BlockDriverState *bs, const char *text)",
    ),
    ("JobSTT", 30, True, "bool JobSTT[JOB_STATUS__MAX][JOB_STATUS__MAX]"),
    (
        "assume_graph_lock",
        38,
        True,
        "static inline void TSA_ASSERT_SHARED(graph_lock) TSA_NO_TSA assume_graph_lock(void)",
    ),
    ("bdrv_raw", 42, True, "BlockDriver bdrv_raw"),
    ("block_init", 46, False, "block_init(bdrv_raw_init)"),
    ("bdrv_behind", 49, True, "void bdrv_behind(void)"),
]
BLOCK_H = [
    ("BLOCK_H", 2, True, "#define BLOCK_H"),
    ("BLK_PERM_NONE", 4, True, "#define BLK_PERM_NONE 0"),
    ("AIO_WAIT_WHILE", 5, True, "#define AIO_WAIT_WHILE(ctx, cond)"),
    ("BlockDriverState", 8, False, "typedef struct BlockDriverState BlockDriverState"),
    ("BlockCompletionFunc", 9, True, "typedef void BlockCompletionFunc(void *opaque, int ret)"),
    (
        "create_extent_fn",
        11,
        True,
        "typedef BlockBackend * coroutine_fn GRAPH_PTR (*create_extent_fn)(int64_t size)",
    ),
    ("aligned_int64_t", 12, True, "typedef int64_t aligned_int64_t"),
    ("BLK_PERM_WRITE", 15, True, "BLK_PERM_WRITE = 0x02"),
    ("BLK_PERM_OFFSET", 16, True, "BLK_PERM_OFFSET = offsetof(BlockDriverState, opaque)"),
    ("BDRV_REQ_FUA", 20, True, "BDRV_REQ_FUA = 0x10"),
    ("BdrvRequestFlags", 21, True, "typedef enum BdrvRequestFlags"),
    ("BdrvGraphLock", 23, True, 'typedef struct TSA_CAPABILITY("mutex") BdrvGraphLock'),
    ("BdrvGraphLock.unused", 24, True, "int unused"),
    ("BlockDriverState", 27, True, "struct BlockDriverState"),
    ("BlockDriverState.nested", 29, True, "int nested"),
    ("BlockDriverState.u", 30, True, "u"),
    ("BlockDriverState.callback", 31, True, "int (*callback)(void *opaque)"),
    ("bdrv_raw", 34, False, "extern BlockDriver bdrv_raw"),
    ("bdrv_co_flush", 35, False, "int coroutine_fn bdrv_co_flush(BlockDriverState *bs)"),
    ("bdrv_flush", 36, False, "int co_wrapper_mixed bdrv_flush(BlockDriverState *bs)"),
]


@pytest.mark.parametrize(
    ("file", "expected"), [("block.c", BLOCK_C), ("include/block/block.h", BLOCK_H)]
)
def test_a_file_declares_exactly_what_stands_at_file_scope(
    file: str, expected: list[tuple[str, int, bool, str]]
) -> None:
    found = read_c((TREE / file).read_text())
    assert [(it.name, it.line, it.defines, it.signature) for it in found] == expected


@pytest.mark.parametrize(
    "text",
    ["int a; /* not closed", 'char *a = "not closed\n;', "int a[] = {", "}}}", "", "#define"],
)
def test_broken_text_is_read_as_far_as_it_goes(text: str) -> None:
    assert {it.name for it in read_c(text)} <= {"a"}


def test_a_mask_keeps_every_place() -> None:
    text = 'a /* \n { */ "}\\"" \'{\' // ;\nb'
    for change, left in (
        (mask, ["a", "b"]),
        (uncomment, ["a", '"}\\""', "'{'", "b"]),
    ):
        assert change(text).split() == left
        assert [len(line) for line in change(text).split("\n")] == [
            len(line) for line in text.split("\n")
        ]
