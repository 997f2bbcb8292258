# SPDX-License-Identifier: GPL-2.0-or-later
"""Make the images that an example asks for, with the tools of the same build."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from blockdoc.errors import AuthorError
from blockdoc.example import Image
from blockdoc.qemu.build import Build
from blockdoc.qemu.process import die_with_this_process

__all__ = ["make_images"]

#: No image takes longer than this, in seconds.
LIMIT = 60.0


async def make_images(images: Sequence[Image], build: Build, folder: Path) -> None:
    """Make `images` in `folder`, in their order.

    :raise AuthorError: a tool refused, at the line of the front matter; with its own words.
    """
    for image in images:
        for words in _commands(image):
            await _run(image, [*build.command(words[0]), *words[1:]], build, folder)


def _commands(image: Image) -> Iterator[list[str]]:
    create = ["qemu-img", "create", "-q", "-f", image.format]
    if image.backing is not None:
        create += ["-b", image.backing, "-F", image.backing_format or "raw"]
    for option in image.options:
        create += ["-o", option]
    yield [*create, "--", image.name, *([image.size] if image.size else [])]
    if image.data:
        fill = [word for command in image.data for word in ("-c", command)]
        yield ["qemu-io", "-f", image.format, *fill, "--", image.name]


async def _run(image: Image, command: Sequence[str], build: Build, folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **build.environment},
        preexec_fn=die_with_this_process(),
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), LIMIT)
    except TimeoutError:
        process.kill()
        await process.wait()
        message = f"image {image.name} is not made after {LIMIT:.0f} s"
        raise AuthorError(message, image.place) from None
    # qemu-io reports a failed command in its output, and then exits with 1.
    if process.returncode:
        words = " ".join(output.decode(errors="replace").split())
        words = words or f"{command[0]} ended with status {process.returncode}"
        raise AuthorError(f"image {image.name} cannot be made: {words}", image.place)
