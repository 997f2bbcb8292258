# SPDX-License-Identifier: GPL-2.0-or-later
"""A guide of one chapter, and the tree of QEMU that it was reviewed for."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from blockdoc.cli import main

PAGE = """---
reviewed: 10.2.2
---

# Drain

(drain-why)=
## Why

{src}`bdrv_drained_begin` polls.
<!-- all: JobVerb -->
- `cancel`
- `pause`

(drain-quiet)=
## Quiet

{src}`job_pause` and {src}`BdrvChild.quiesced_parent`; `job-pause` does it.

```{rule} DRAIN-3
:title: Never drain under the `graph` lock
:symbols: bdrv_drained_begin
:shown-by: drain-other
:firm: guaranteed

See {src}`block/io.c`.
```
"""
TREE = {
    "VERSION": "10.2.2\n",
    "block.c": "int bdrv_x;\n",
    "block/io.c": "void bdrv_drained_begin(BlockDriverState *bs)\n{\n    poll(bs);\n}\n",
    "include/block/block-io.h": (
        "struct BdrvChild {\n    bool quiesced_parent;\n};\n"
        "void GRAPH_UNLOCKED bdrv_drained_begin(BlockDriverState *bs);\n"
    ),
    "job.c": "void job_pause(Job *job)\n{\n    /* so */\n    job->pause_count++;\n}\n",
    "qapi/job.json": (
        "{ 'enum': 'JobVerb',\n  'data': [ 'cancel', 'pause' ] }\n\n"
        "{ 'command': 'job-pause', 'data': { 'id': 'str' } }\n"
    ),
    **{f"qapi/{it}.json": "" for it in ("block-core", "block", "block-export", "transaction")},
}
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes a tree, with changes: `(file, old, new)`."""

    def write(name: str, *changes: tuple[str, str, str]) -> Path:
        root = tmp_path / name
        for file, text in TREE.items():
            for where, old, new in changes:
                if where == file:
                    assert old in text
                    text = text.replace(old, new)  # noqa: PLW2901 - several in one file
            path = root / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return root

    return write


@pytest.fixture
def guide(tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the guide, index it, and go there; no sources were brought."""
    root = tmp_path / "guide"
    (root / "docs/_data/schema").mkdir(parents=True)
    (root / "docs/drain.md").write_text(PAGE)
    (root / "docs/_data/schema/modules.json").write_text(
        '{"qemu": "10.2.2", "elsewhere": [], "modules": {"job": {"commands": ["job-pause"],'
        ' "events": [], "enums": {"JobVerb": ["cancel", "pause"]}}}}'
    )
    monkeypatch.chdir(root)
    monkeypatch.setenv("BLOCKDOC_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("GUIDE_BASE_URL", raising=False)
    assert main(["symbols", "--tree", str(write("old"))]) == 0
    return root


@pytest.fixture
def git() -> Callable[..., str]:
    """Return what runs git in a folder, as somebody."""

    def git(folder: Path, *words: str) -> str:
        names = ("-c", "user.name=N", "-c", "user.email=n@example.org")
        command = ["git", "-C", str(folder), *names, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    return git
