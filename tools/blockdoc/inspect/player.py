# SPDX-License-Identifier: GPL-2.0-or-later
"""A recording as one page: a picture, a timeline, and the events; for reports, and live.

Everything that comes from a VM is data: it is in a JSON block whose ``<`` are written as
escapes, and in SVG that :mod:`xml.etree` writes.  The page's policy allows one script,
by its hash, and lets it ask nobody but its own server.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any, Final

from blockdoc.graph.changes import changes, difference
from blockdoc.graph.collapse import collapse
from blockdoc.graph.picture import Picture
from blockdoc.graph.tree import tree
from blockdoc.graph.view import View
from blockdoc.graph.words import legible
from blockdoc.inspect.watch import Event, Frame, Recording
from blockdoc.layout.standalone import draw_views

__all__ = ["Player", "policy"]

#: Up to how many nodes, over all frames, the frames of a recording share a layout.
SHARED: Final = 20_000
_SCRIPT: Final = "".join(
    files(package).joinpath(name).read_text(encoding="utf-8")
    for package, name in (("blockdoc.layout", "stepping.js"), ("blockdoc.inspect", "player.js"))
)
_STYLE: Final = files("blockdoc.inspect").joinpath("player.css").read_text(encoding="utf-8")


class Player:
    """Makes pages of a recording; each frame is drawn once."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._drawn: dict[int, dict[str, Any]] = {}

    def since(self, frame: int, event: int) -> dict[str, Any]:
        """Return what a page lacks that knows the frames and events below these numbers."""
        recording = self._recording
        return {
            "frames": [self._frame(it) for it in recording.frames if it.number >= frame],
            "events": [_event(it) for it in recording.events[max(0, event) :]],
            "ended": legible(recording.ended),
        }

    def page(self, *, live: bool) -> str:
        """Return the page; a live one asks its server for more."""
        if not live:
            self._draw_all()
        data = {"live": live, **self.since(0, 0)}
        block = json.dumps(data).replace("<", "\\u003c").replace(">", "\\u003e")
        last = self._recording.frames[-1:]
        text = tree(View(last[0].picture)) if last else ""
        return _PAGE.format(
            policy=escape(policy(live=live)),
            style=_STYLE,
            script=_SCRIPT,
            data=block,
            text=escape(text),
        )

    def _frame(self, frame: Frame) -> dict[str, Any]:
        """Draw a frame, with what has changed since the one before."""
        if frame.number not in self._drawn:
            self._keep([frame])
        return {**self._drawn[frame.number], "until": frame.until}

    def _draw_all(self) -> None:
        """Draw all frames anew on one layout, so that only what changed moves."""
        frames = self._recording.frames
        if sum(len(frame.picture.graph.nodes) for frame in frames) <= SHARED:
            self._keep(frames)

    def _keep(self, frames: Sequence[Frame]) -> None:
        """Draw frames on one layout, and keep them."""
        views, found = [], []
        for frame in frames:
            before = self._before(frame)
            view = difference(before, frame.picture) if before else View(frame.picture)
            views.append(collapse(_quiet(view)))
            found.append(changes(before, frame.picture) if before else ())
        pictures = draw_views(views, [f"frame{frame.number}" for frame in frames])
        for frame, svg, changed in zip(frames, pictures, found, strict=True):
            self._drawn[frame.number] = {
                "number": frame.number,
                "at": frame.at,
                "svg": svg,
                "text": tree(View(frame.picture)),
                "changes": [legible(str(change)) for change in changed],
            }

    def _before(self, frame: Frame) -> Picture | None:
        place = frame.number - 1 - self._recording.dropped
        return self._recording.frames[place].picture if place >= 0 else None


def _quiet(view: View) -> View:
    """Leave the sentences to the page."""
    return View(view.picture, view.marks)


def _event(event: Event) -> dict[str, Any]:
    return {
        "at": event.at,
        "machine": legible(event.machine),
        "name": legible(event.name),
        "about": legible(event.about),
    }


def policy(*, live: bool) -> str:
    """Say what a page may do: run its own script, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    rules = ["default-src 'none'", f"script-src 'sha256-{digest}'", "style-src 'unsafe-inline'"]
    return "; ".join([*rules, "base-uri 'none'", *(["connect-src 'self'"] if live else [])])


_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>Block graph over time</title>
<style>{style}</style>
<header>
<h1>Block graph over time</h1>
<p id="state" role="status"></p>
</header>
<noscript><p>Without JavaScript, only the last frame is shown.</p><pre>{text}</pre></noscript>
<main>
<nav aria-label="Timeline">
<button id="back" type="button">◀ back</button>
<input id="line" type="range" min="0" max="0" value="0" aria-label="Frame">
<button id="on" type="button">on ▶</button>
<label id="follow"><input type="checkbox" id="live" checked> follow</label>
</nav>
<p id="where"></p>
<div id="picture" tabindex="0" role="region" aria-label="Picture"></div>
<ul id="changes" aria-label="What has changed in this frame"></ul>
<details><summary>The whole graph as text, nothing left out</summary>
<pre id="text"></pre></details>
<h2>Events</h2>
<ol id="events"></ol>
</main>
<script id="data" type="application/json">{data}</script>
<script>{script}</script>
</html>
"""
