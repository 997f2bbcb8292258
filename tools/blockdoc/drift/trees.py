# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the older code is: a folder, a release that was brought, or a commit of the tree.

::

    --since ~/qemu-9.2     another source tree
    --since 7.2            the sources of `blockdoc qemu source`
    --since v10.0.0        a commit of the tree: unpacked, without touching its work tree
"""

import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from blockdoc.drift.compare import Change
from blockdoc.errors import MissingError
from blockdoc.qemu.releases import is_series
from blockdoc.qemu.sources import source_tree
from blockdoc.review.patch import touched
from blockdoc.source import SourceTree, open_tree
from blockdoc.source.tree import NEAR

__all__ = ["is_commit", "older_tree", "with_commits"]

#: How many commits are named for one change.
MOST = 5


@contextmanager
def older_tree(since: str, tree: SourceTree) -> Iterator[SourceTree]:
    """Open what `since` names, for as long as it is needed.

    :raise MissingError: it names nothing.
    """
    if Path(since).is_dir():
        yield open_tree(since)
    elif is_series(since) and source_tree(since).is_dir():
        yield open_tree(str(source_tree(since)))
    elif is_commit(since, tree):
        with TemporaryDirectory(prefix="blockdoc-") as folder:
            _unpack(since, tree, Path(folder))
            yield open_tree(folder)
    else:
        raise MissingError(
            f"--since {since}: neither a folder, nor a release that `blockdoc qemu source` "
            f"has brought, nor a commit of {tree.root}"
        )


def is_commit(name: str, tree: SourceTree) -> bool:
    """Say whether the tree is a clone of git that has such a commit."""
    own = (tree.root / ".git").exists()
    return own and _git(tree, "rev-parse", "--verify", "-q", f"{name}^{{commit}}") is not None


def _unpack(commit: str, tree: SourceTree, folder: Path) -> None:
    """Unpack the block layer and its neighbours as of a commit."""
    names = (_git(tree, "ls-tree", "--name-only", commit) or b"").decode().split("\n")
    near = {directory.partition("/")[0] for directory in NEAR} | {"VERSION", "hw"}
    wanted = [it for it in names if it and (it in near or it.endswith((".c", ".h")))]
    packed = _git(tree, "archive", commit, *wanted) or b""
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")


def with_commits(
    changes: Mapping[str, Change], since: str, tree: SourceTree
) -> dict[str, Change]:
    """Say which commits since then touched each name; from one reading of the log."""
    files = sorted({fact.file for it in changes.values() for fact in (it.old, it.new) if fact})
    log = _git(
        *(tree, "log", "--no-merges", "--format=%x01%h %s", "-p", "-U3", "--no-color"),
        *(f"{since}..HEAD", "--", *files),
    )
    by: dict[str, list[str]] = {}
    for commit in (log or b"").decode(errors="replace").split("\x01")[1:]:
        head, _, diff = commit.partition("\n")
        for name in touched(diff):
            by.setdefault(name, []).append(head)
    return {
        name: replace(change, commits=tuple(by.get(_last(name), ())[:MOST]))
        for name, change in changes.items()
    }


def _last(name: str) -> str:
    """Return the name that a diff has: the type of a field, the symbol of a file."""
    return name.rpartition(":")[2].partition(".")[0]


def _git(tree: SourceTree, *words: str) -> bytes | None:
    command = ["git", "-C", str(tree.root), *words]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None
