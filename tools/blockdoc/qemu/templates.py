# SPDX-License-Identifier: GPL-2.0-or-later
"""Images that have been made before are copied.

Most examples want one of a few images, and to start ``qemu-img`` for each costs more
than the rest of the example.  A copy is as good as a new one, because

- what it stands for is all that was run in the folder up to then, word for word, with
  the same QEMU: nothing else can have gone into it;
- only raw and qcow2 are kept, which are the same bytes each time: other formats, and
  encryption, put random numbers in;
- it is taken from the folder before the example starts, of a plain file;
- holes stay holes, and a copy that takes more or less on disk than what it was taken
  from, which an example could see as ``actual-size``, is thrown away.
"""

import atexit
import contextlib
import functools
import hashlib
import os
import shutil
import stat
from pathlib import Path
from typing import TypeAlias

from blockdoc.example import Image
from blockdoc.qemu.folders import new_folder

__all__ = ["Recipe", "Templates", "templates"]

#: Command lines, in the order in which they are run.
Recipe: TypeAlias = tuple[tuple[str, ...], ...]

FORMATS = {"raw", "qcow2"}
RANDOM = "encrypt"
#: Larger ones are not kept, in bytes on disk.
LARGEST = 16 << 20
CHUNK = 1 << 20


class Templates:
    """A folder of images, by what made them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, recipe: Recipe, image: Image, folder: Path) -> bool:
        """Copy the image that `recipe` made into `folder`, if there is one."""
        return _is_kept(image) and copy(self._path(recipe), folder / image.name)

    def keep(self, recipe: Recipe, image: Image, folder: Path) -> None:
        """Keep the image that `recipe` has made in `folder`, if it can be kept."""
        if _is_kept(image):
            copy(folder / image.name, self._path(recipe))

    def _path(self, recipe: Recipe) -> Path:
        words = "\0\0".join("\0".join(command) for command in recipe)
        return self._folder / hashlib.sha256(words.encode(errors="surrogateescape")).hexdigest()


@functools.cache
def templates() -> Templates:
    """Return those of this process."""
    folder = new_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Templates(folder)


def _is_kept(image: Image) -> bool:
    return image.format in FORMATS and not any(RANDOM in option for option in image.options)


def copy(source: Path, target: Path) -> bool:
    """Copy a plain file, holes included; say whether `target` is now just like it."""
    try:
        with contextlib.ExitStack() as stack:
            old = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            stack.callback(os.close, old)
            state = os.fstat(old)
            if not stat.S_ISREG(state.st_mode) or state.st_blocks * 512 > LARGEST:
                return False
            new = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            stack.callback(os.close, new)
            _copy_data(old, new, state.st_size)
            alike = os.fstat(new).st_blocks == state.st_blocks
    except OSError:
        alike = False
        if not source.exists():
            return False
    if not alike:
        target.unlink(missing_ok=True)
    return alike


def _copy_data(old: int, new: int, size: int) -> None:
    os.ftruncate(new, size)
    end = 0
    while end < size:
        try:
            start = os.lseek(old, end, os.SEEK_DATA)
        except OSError:  # nothing but a hole is left
            return
        end = os.lseek(old, start, os.SEEK_HOLE)
        while start < end:
            data = os.pread(old, min(CHUNK, end - start), start)
            start += os.pwrite(new, data, start)
