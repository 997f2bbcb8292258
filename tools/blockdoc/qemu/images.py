# SPDX-License-Identifier: GPL-2.0-or-later
"""Make the images that an example asks for, with the tools of the same build.

::

    image ──made before? ──yes──► copied (`blockdoc.qemu.templates`)
                │ no
    all that are left: one sandbox, one shell, one command after the other ──► kept
"""

import asyncio
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from blockdoc.errors import AuthorError
from blockdoc.example import Image
from blockdoc.qemu.build import Build
from blockdoc.qemu.ending import how_it_ended
from blockdoc.qemu.log import Log
from blockdoc.qemu.sandbox import Sandbox
from blockdoc.qemu.templates import Recipe, templates

__all__ = ["commands_of", "make_images", "tool_words"]

#: The images of an example take no longer than this, in seconds.
LIMIT = 60.0
#: Stands before each command's output, and before what the shell says of a failure.
MARK = "\1"
#: How much of what a tool says is told, in characters.
MOST = 2000


@dataclass(frozen=True, slots=True)
class _Task:
    """An image that has to be made, and all that has been run in the folder after it is."""

    image: Image
    commands: Recipe
    recipe: Recipe


async def make_images(
    images: Sequence[Image], build: Build, sandbox: Sandbox, *, copy: bool = True
) -> None:
    """Make `images` in the folder of `sandbox`, in their order.

    Without `copy` each is made anew.

    :raise AuthorError: a tool refused, at the line of the front matter; with its own words.
    """
    known = templates()
    tasks: list[_Task] = []
    recipe: Recipe = ()
    for image in images:
        commands = tuple(map(tuple, commands_of(image, build)))
        recipe += commands
        if copy and known.take(recipe, image, sandbox.folder):
            sandbox.give(image.name)
        else:
            tasks.append(_Task(image, commands, recipe))
    if tasks:
        await _make(tasks, sandbox)
    for task in tasks:
        known.keep(task.recipe, task.image, sandbox.folder)


def commands_of(image: Image, build: Build) -> Iterator[list[str]]:
    """Yield the command lines that make `image` in the working directory."""
    for program, *words in tool_words(image):
        yield [*build.command(program), *words]


def tool_words(image: Image) -> Iterator[list[str]]:
    """Yield what makes `image`: the name of a tool, and its words."""
    create = ["qemu-img", "create", "-q", "-f", image.format]
    if image.backing is not None:
        create += ["-b", image.backing, "-F", image.backing_format or "raw"]
    for option in image.options:
        create += ["-o", option]
    yield [*create, "--", image.name, *([image.size] if image.size else [])]
    if image.data:
        fill = [word for command in image.data for word in ("-c", command)]
        yield ["qemu-io", "-f", image.format, *fill, "--", image.name]


async def _make(tasks: Sequence[_Task], sandbox: Sandbox) -> None:
    """Run all commands, up to the first that fails."""
    numbered = [(task, command) for task in tasks for command in task.commands]
    script = "".join(map(_line, range(len(numbered)), (command for _, command in numbered)))
    with Log.open() as log:
        process = await sandbox.spawn(
            ["/bin/sh", "-c", script], stdout=log.file, stderr=log.file
        )
        try:
            status = await asyncio.wait_for(process.wait(), LIMIT)
        except TimeoutError:
            await sandbox.kill(process)
            names = ", ".join(task.image.name for task in tasks)
            message = f"after {LIMIT:.0f} s not all is made of: {names}"
            raise AuthorError(message, tasks[0].image.place) from None
        if status:
            number, how, words = _failure(log.text(), status)
            image = numbered[number][0].image
            why = sandbox.stopped or (f"{how}: {words}" if words else how)
            raise AuthorError(f"image {image.name} cannot be made: {why}", image.place)


def _line(number: int, command: Sequence[str]) -> str:
    told = f"{{ printf '\\1%s %s' {number} $?; exit 1; }}"
    return f"printf '\\1'\n{shlex.join(command)} || {told}\n"


def _failure(output: str, status: int) -> tuple[int, str, str]:
    """Return which command failed, how it ended, and what it said."""
    before, _, told = output.rpartition(MARK)
    words = " ".join(before.rpartition(MARK)[2][-MOST:].split())
    try:
        number, its = map(int, told.split())
    except ValueError:  # it did not get as far as that
        return 0, how_it_ended("the sandbox", status), output[-MOST:].strip()
    return number, how_it_ended("its program", its), words
