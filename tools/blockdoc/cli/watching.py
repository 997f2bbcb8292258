# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc graph --watch``: the graph over time; on a terminal, a page, or in a file."""

import argparse
import shutil
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from blockdoc.cli.drawing import wants_colour
from blockdoc.errors import AuthorError
from blockdoc.graph.collapse import collapse
from blockdoc.graph.tree import tree
from blockdoc.graph.view import View
from blockdoc.graph.words import legible
from blockdoc.inspect.player import Player
from blockdoc.inspect.serve import serving
from blockdoc.inspect.sources import LIVE, Source, open_looks
from blockdoc.inspect.watch import Event, Recording, follow
from blockdoc.layout.dot import find
from blockdoc.plural import counted

__all__ = ["watch"]

_TOP, _REST, _LINE = "\x1b[H", "\x1b[J", "\x1b[K"


def watch(options: argparse.Namespace, wanted: Sequence[Source]) -> int:
    """Follow the graph until QEMU ends, the time is up, or somebody presses Ctrl-C."""
    if not wanted or any(source.kind not in LIVE for source in wanted):
        raise AuthorError("--watch follows a running QEMU: --qmp ADDRESS or --libvirt DOMAIN")
    _refuse(options)
    if options.serve or options.save:
        find()  # now, and not when all has been seen and nothing can be drawn
    recording, lock = Recording(only=options.only or ""), threading.Lock()
    player = Player(recording)
    try:
        with ExitStack() as stack:
            looks = stack.enter_context(open_looks(wanted, options.connect, options.timeout))
            if options.serve:
                address = stack.enter_context(serving(player, lock, options.port))
                sys.stderr.write(f"{address}\n")
                sys.stderr.flush()
            screen = None if options.serve else _Screen(recording, options)
            news = follow(looks, options.interval, options.duration, recording, lock)
            for new in news:
                if screen:
                    screen.show(new=new)
            if options.serve and recording.ended and options.duration is None:
                sys.stderr.write(f"{recording.ended}; Ctrl-C ends the page\n")
                threading.Event().wait()
    except KeyboardInterrupt:
        sys.stderr.write("\n")
    if options.save and recording.frames:
        _save(player, options)
    if recording.ended:
        sys.stderr.write(f"{legible(recording.ended)}\n")
    return 0


def _refuse(options: argparse.Namespace) -> None:
    """Say what cannot be had over time, instead of leaving it out."""
    asked = {
        "--path": options.path,
        "--why-not": options.why_not,
        "--diff": options.diff,
        "--output": options.output,
        f"--format {options.format}": options.format != "text",
    }
    for name in (name for name, value in asked.items() if value):
        raise AuthorError(
            f"--watch has no {name}; --save FILE.html keeps all that is seen, and without "
            "--watch each is drawn for this moment"
        )


def _save(player: Player, options: argparse.Namespace) -> None:
    try:
        Path(options.save).write_bytes(
            player.page(live=False).encode(errors="backslashreplace")
        )
    except OSError as error:
        raise AuthorError(f"{options.save}: {error.strerror}") from None


class _Screen:
    """What is seen on the terminal; into a pipe only what is new goes."""

    def __init__(self, recording: Recording, options: argparse.Namespace) -> None:
        self._recording = recording
        self._options = options
        self._terminal = sys.stdout.isatty()
        self._frame = -1
        self._event = 0

    def show(self, *, new: bool) -> None:
        """Draw what there is now."""
        if self._terminal:
            self._redraw()
        elif new:
            self._append()

    def _tree(self, *, colour: bool) -> str:
        view = View(self._recording.frames[-1].picture)
        shown = view if self._options.expand else collapse(view)
        return tree(shown, colour=colour, generated=self._options.generated, legend=colour)

    def _redraw(self) -> None:
        columns, rows = shutil.get_terminal_size()
        lines = self._tree(colour=wants_colour(self._options)).splitlines()
        events = [_told(event) for event in self._recording.events[-5:]]
        room = max(1, rows - len(events) - 2)
        if len(lines) > room:
            left = len(lines) - room + 1
            lines = [
                *lines[: room - 1],
                f"… {counted(left, 'more line')}; --only NAME shows one disk",
            ]
        text = [*lines, "", *(event[: columns - 1] for event in events)]
        sys.stdout.write(_TOP + "".join(f"{line}{_LINE}\n" for line in text) + _REST)
        sys.stdout.flush()

    def _append(self) -> None:
        for event in self._recording.events[self._event :]:
            sys.stdout.write(f"{_told(event)}\n")
        self._event = len(self._recording.events)
        frame = self._recording.frames[-1]
        if frame.number != self._frame:
            sys.stdout.write(f"\n--- {frame.at:.2f} s\n{self._tree(colour=False)}\n")
            self._frame = frame.number
        sys.stdout.flush()


def _told(event: Event) -> str:
    machine = f"{event.machine}: " if event.machine else ""
    return legible(f"{event.at:8.2f} s  {machine}{event.name} {event.about}")
