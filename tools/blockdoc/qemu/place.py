# SPDX-License-Identifier: GPL-2.0-or-later
"""A place in the cache that is there whole or not at all.

::

    locked(place)  ──►  beside(place): a folder to make it in  ──►  rename into place

What is killed on the way leaves a folder that nobody takes for the place, and that the
next one who locks it removes.
"""

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["Say", "beside", "locked", "remove_place"]

#: Hears what is being done, a few words at a time.
Say = Callable[[str], None]


@contextlib.contextmanager
def locked(place: Path, say: Say) -> Iterator[None]:
    """Keep others from the same place; remove what those who were killed have left."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / f".{place.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another install of it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for left in place.parent.glob(f".{place.name}-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


@contextlib.contextmanager
def beside(place: Path) -> Iterator[Path]:
    """Yield a folder on the same file system, which is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_place(place: Path, say: Say) -> bool:
    """Remove what is there; say whether it was."""
    if not place.is_dir():
        return False
    with locked(place, say), beside(place) as folder:
        place.rename(folder / "old")
    return True
