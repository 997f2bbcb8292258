# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs in the reference run, and print what stands below them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from blockdoc.example.fences import tokens
from blockdoc.qemu import find_build

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(it.stem for it in (ROOT / "docs/tools/api").glob("*.md") if it.stem != "index")
DAEMON = (
    *("--chardev", "socket,id=c,path=qmp.sock,server=on,wait=off", "--monitor", "chardev=c"),
    *("--blockdev", "null-co,node-name=disk-file,size=1048576"),
    *("--blockdev", "raw,node-name=disk,file=disk-file"),
    *("--nbd-server", "addr.type=unix,addr.path=nbd.sock"),
    *("--export", "nbd,id=reader,node-name=disk"),
)
TREE = {
    "VERSION": "{}.0\n",
    "block.c": "int bdrv_x;\n",
    "block/io.c": "void bdrv_drained_begin(BlockDriverState *bs)\n{{\n    poll(bs, {});\n}}\n",
}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Go where there are a QEMU that listens, two source trees, and the examples."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for release in ("10.1", "10.2"):
        for name, text in TREE.items():
            path = tmp_path / f"qemu-{release}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.format(release))
    command = [*find_build().command("qemu-storage-daemon"), *DAEMON]
    with subprocess.Popen(command, cwd=tmp_path) as daemon:
        while not (tmp_path / "qmp.sock").exists():
            assert daemon.poll() is None
            time.sleep(0.02)
        yield tmp_path
        daemon.terminate()


@pytest.mark.parametrize("page", PAGES)
def test_a_program_prints_what_stands_below_it(page: str, place: Path) -> None:
    text = (ROOT / f"docs/tools/api/{page}.md").read_text(encoding="utf-8")
    fences = [it for it in tokens(text) if it.type == "fence" and it.info in {"python", "text"}]
    program, output = (it.content for it in fences)
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tools")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    )
    assert [line.rstrip() for line in run.stdout.rstrip().splitlines()] == output.splitlines()
