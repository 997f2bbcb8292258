# SPDX-License-Identifier: GPL-2.0-or-later
"""What the chapter on exports shows and no example can: a mount, and a crash.

::

    a fence of the chapter ──► one shell in a sandbox that may mount ──► what it printed
"""

import json
import os
import shlex
import socket
import subprocess
from pathlib import Path

import pytest
from blockdoc.errors import Place
from blockdoc.qemu import Build, find_build
from blockdoc.transcript import Exchange, parse_dialogue, revise_lines
from markdown_it import MarkdownIt

CHAPTER = Path(__file__).parents[2] / "docs/devel/block/exports.md"
SESSION = ":name: exports-fuse-session\n"
TOOLS = ("qemu-img", "qemu-io", "qemu-storage-daemon")
MARK = "\1"
#: A user namespace may mount FUSE, since Linux 4.18; this one may do so in its own folder.
WALLS = (
    *("bwrap", "--unshare-all", "--uid", "0", "--gid", "0", "--cap-add", "CAP_SYS_ADMIN"),
    *("--die-with-parent", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin"),
    *("--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc"),
    *("--dev", "/dev", "--dev-bind", "/dev/fuse", "/dev/fuse"),
    *("--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"),
    *("--ro-bind-try", "/etc/alternatives", "/etc/alternatives"),
)


@pytest.fixture(scope="module")
def build() -> Build:
    """Return the QEMU that examples run against."""
    return find_build()


def session() -> tuple[Exchange, ...]:
    """Return what the chapter shows of FUSE."""
    fences = MarkdownIt().parse(CHAPTER.read_text(encoding="utf-8"))
    shown = [it for it in fences if it.type == "fence" and SESSION in it.content]
    assert len(shown) == 1
    text = shown[0].content.partition(SESSION)[2].lstrip("\n")
    return parse_dialogue(text, Place(str(CHAPTER), 1), "$ ")


def kernel_lacks_fuse() -> str:
    """Return why nothing can be mounted here, whoever tries."""
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as error:
        return f"the kernel lacks FUSE, or this machine keeps it from us: {error}"
    return ""


def wrappers(build: Build, folder: Path) -> None:
    """Make the programs of `build` in `folder`."""
    folder.mkdir()
    exports = "".join(
        f"export {it}={shlex.quote(build.environment[it])}\n" for it in build.environment
    )
    for name in TOOLS:
        program = folder / name
        program.write_text(f'#!/bin/sh\n{exports}exec {shlex.join(build.command(name))} "$@"\n')
        program.chmod(0o755)


def run(build: Build, commands: list[str], folder: Path) -> list[str]:
    """Run the commands in one shell; return what each printed."""
    wrappers(build, folder / "bin")
    (folder / "example").mkdir()
    binds = [("--ro-bind", it, it) for it in build.readable()]
    binds += [
        ("--ro-bind", folder / "bin", "/programs"),
        ("--bind", folder / "example", "/example"),
    ]
    words = [str(word) for bind in binds for word in bind]
    script = "".join(f"printf '\\001'\n{command}\n" for command in commands)
    done = subprocess.run(
        [*WALLS, *words, "--chdir", "/example", "/bin/sh", "-c", f"exec 2>&1\n{script}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/programs:/usr/bin:/usr/sbin", "LC_ALL": "C.UTF-8"},
    )
    before, *printed = done.stdout.split(MARK)
    assert (before, done.stderr) == ("", "")
    return [text.rstrip() for text in printed]


def test_the_fuse_session_prints_what_the_chapter_shows(build: Build, tmp_path: Path) -> None:
    """A file is mounted over an image's node, read, written, made longer; and is gone."""
    if reason := kernel_lacks_fuse():
        pytest.skip(reason)  # in CI, too: no program can make up for the kernel
    exchanges = session()
    printed = run(build, [it.command for it in exchanges], tmp_path)
    for exchange, text in zip(exchanges, printed, strict=True):
        lines = text.splitlines()
        assert revise_lines(exchange.output, lines) == list(exchange.output), exchange.command
    full = "No space left on device" if build.release >= (11, 1) else "Input/output error"
    assert f"dd: error writing 'disk.img': {full}" in printed


def test_a_resize_before_a_client_has_come_crashes(build: Build, tmp_path: Path) -> None:
    """The vhost-user-blk server writes to a descriptor that it does not have yet."""
    (tmp_path / "disk.raw").write_bytes(bytes(1 << 20))
    ours, theirs = socket.socketpair()
    command = (
        *build.command("qemu-storage-daemon"),
        *("--blockdev", "file,node-name=disk,filename=disk.raw"),
        *("--export", "vhost-user-blk,id=e,node-name=disk,addr.type=unix,addr.path=v.sock"),
        *("--chardev", f"socket,id=qmp,fd={theirs.fileno()}", "--monitor", "qmp"),
    )
    with ours, theirs, ours.makefile("rw") as qmp:
        daemon = subprocess.Popen(
            ["/bin/sh", "-c", 'ulimit -c 0; exec "$@"', "sh", *command],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            cwd=tmp_path,
            env={**os.environ, **build.environment},
        )
        theirs.close()
        for name, arguments in (
            ("qmp_capabilities", {}),
            ("block_resize", {"node-name": "disk", "size": 2 << 20}),
            ("quit", {}),
        ):
            qmp.write(json.dumps({"execute": name, "arguments": arguments}))
            qmp.flush()
        status = daemon.wait(timeout=30)
    assert status == (0 if build.release < (10, 0) else -11)
