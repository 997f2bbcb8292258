# SPDX-License-Identifier: GPL-2.0-or-later
"""`--why-not` and a real QEMU are asked the same, and must agree.

QEMU is asked with a ``blkdebug`` node, which takes of its child what it is told to.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from blockdoc.graph.ask import why_not
from blockdoc.graph.model import PERMISSIONS
from blockdoc.inspect.sources import Source, open_looks
from qemus import Client, daemon, program, wait_for

FORMAT = "qcow2"
#: What is going on while both are asked, by name: nothing, or a job.
JOBS: dict[str, dict[str, Any]] = {
    "rest": {},
    "commit": {"device": "thr", "top-node": "mid", "base-node": "base"},
    "active commit": {"device": "thr", "base-node": "base"},
    "mirror": {"device": "thr", "target": "dst", "sync": "full"},
    "backup": {"device": "thr", "target": "dst", "sync": "full"},
    "stream": {"device": "top"},
}
COMMANDS = {"mirror": "blockdev-mirror", "backup": "blockdev-backup", "stream": "block-stream"}


def image(name: str) -> dict[str, Any]:
    """Describe a node, and the node of its file."""
    file = {"driver": "file", "node-name": f"{name}-file", "filename": f"{name}.qcow2"}
    return {"driver": FORMAT, "node-name": name, "file": file}


@pytest.fixture(scope="module")
def monitors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Client]]:
    """Start a chain under a filter and an export; yield a monitor to ask, and one to act."""
    folder = tmp_path_factory.mktemp("why-not")
    create = [program("qemu-img"), "create", "-q", "-f", FORMAT]
    over: list[str] = []
    for name in ("base", "mid", "top"):
        subprocess.run([*create, *over, f"{name}.qcow2", "8M"], cwd=folder, check=True)
        over = ["-b", f"{name}.qcow2", "-F", FORMAT]
        if name != "top":
            fill = ["-c", "write -q -P 1 0 4M", f"{name}.qcow2"]
            subprocess.run([program("qemu-io"), *fill], cwd=folder, check=True)
    subprocess.run([*create, "dst.qcow2", "8M"], cwd=folder, check=True)
    chain = image("top") | {"backing": image("mid") | {"backing": image("base")}}
    nodes = [
        chain,
        {"driver": "throttle", "node-name": "thr", "throttle-group": "tg", "file": "top"},
        image("dst"),
        {"driver": "null-co", "node-name": "ro", "read-only": True},
        {"driver": "copy-on-read", "node-name": "cor", "file": "null"},
        {"driver": "raw", "node-name": "part", "offset": 0, "size": 4096, "file": "whole"},
    ]
    plain = [
        {"driver": "null-co", "node-name": "null"},
        {"driver": "null-co", "node-name": "whole"},
    ]
    arguments = ["--object", "throttle-group,id=tg"]
    for node in (*plain, *nodes):
        arguments += ["--blockdev", json.dumps(node)]
    arguments += ["--nbd-server", "addr.type=unix,addr.path=nbd.sock"]
    arguments += ["--export", "nbd,id=exp,node-name=thr,writable=on"]
    arguments += ["--chardev", "socket,id=two,path=two.sock,server=on,wait=off"]
    with daemon(folder, *arguments, "--monitor", "chardev=two") as path:
        wait_for((folder / "two.sock").exists)
        client = Client(folder / "two.sock")
        yield path, client
        client.close()


def allowed(client: Client, node: str, permission: str) -> bool:
    """Ask QEMU, and leave no trace."""
    name = {"node-name": "asked"}
    taken = {"take-child-perms": [permission]}
    try:
        client.do("blockdev-add", driver="blkdebug", image=node, **name, **taken)
    except AssertionError:  # an error, instead of an answer
        return False
    client.do("blockdev-del", **name)
    return True


@pytest.mark.parametrize("job", JOBS)
def test_what_stands_in_the_way_is_what_qemu_refuses(
    job: str, monitors: tuple[Path, Client]
) -> None:
    path, client = monitors
    if JOBS[job]:
        slow = {"job-id": "j", "speed": 1 << 16, "filter-node-name": "above"}
        client.do(COMMANDS.get(job, "block-commit"), **slow, **JOBS[job])
    try:
        with open_looks([Source("qmp", str(path))], None, 10) as looks:
            picture = looks[""][1].take()
        nodes = [it for it in picture.graph.nodes if it.kind in {"node", "filter"}]
        assert ("above" in {it.name for it in nodes}) == bool(JOBS[job])
        wrong = [
            (node.name, permission, [str(it) for it in why_not(picture, permission, node.name)])
            for node in nodes
            for permission in PERMISSIONS.values()
            if bool(why_not(picture, permission, node.name))
            == allowed(client, node.name, permission)
        ]
        assert wrong == []
    finally:
        if JOBS[job]:
            client.do("block-job-cancel", device="j", force=True)
            wait_for(lambda: client.do("query-jobs") == [])
