# SPDX-License-Identifier: GPL-2.0-or-later
"""Write what QEMU really answers back into an example.

What still holds is left as the author wrote it: layout, elisions, captures.  All
changes are edits by offset into the text that was read; the file is replaced in one
step, and only if nobody has changed it meanwhile.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from blockdoc.doctest.conversation import Conversation
from blockdoc.doctest.limits import limit_of
from blockdoc.doctest.listen import Heard, Turn, listen, turns
from blockdoc.doctest.run import ExampleRun
from blockdoc.doctest.split import split_fence
from blockdoc.errors import AuthorError, BlockdocError, MissingError, Place
from blockdoc.example import Fence, Step, parse_example
from blockdoc.graph import to_mermaid
from blockdoc.qemu import Build
from blockdoc.transcript import (
    Edit,
    Elision,
    Event,
    Json,
    Reply,
    apply_edits,
    format_message,
    match,
    parse_transcript,
    revise,
)

__all__ = ["Recording", "record", "replace_file"]

JsonObject = Mapping[str, Json]

#: Members that come first, in this order; the others follow by name.
FIRST = [
    *("return", "error", "event", "data", "class", "desc"),
    *("id", "job-id", "type", "name", "device", "node-name", "drv", "status"),
]


@dataclass(frozen=True, slots=True)
class Recording:
    """An example's text before and after."""

    path: str
    old: str
    new: str


async def record(text: str, path: str, build: Build, split: str | None = None) -> Recording:
    """Run the example `text` and return it with QEMU's answers.

    `split`, a condition, adds an alternative instead of changing the one that applies.

    :raise BlockdocError: it cannot be run to its end.
    """
    example = parse_example(text, path)
    edits: list[Edit] = []
    async with ExampleRun(example, build) as run:
        for step in example.steps:
            fence = step.fence(build)
            inner = await _record_step(run, step, fence)
            if split is not None and inner:
                edits.append(split_fence(text, fence, apply_edits(fence.text, inner), split))
            else:
                new = fence.written(apply_edits(fence.text, inner))
                edits += [Edit(fence.start, fence.end, new)] if inner else []
    new = apply_edits(text, edits)
    _check(new, path)
    return Recording(path, text, new)


def _check(text: str, path: str) -> None:
    """Refuse a text that could not be read again: JSON has no NaN, but QEMU may say it.

    :raise BlockdocError: at the line that it would have.
    """
    try:
        for step in parse_example(text, path).steps:
            for fence in step.alternatives if step.kind == "qmp" else ():
                parse_transcript(fence.text, fence.body)
    except AuthorError as error:
        message = f"what QEMU answered cannot be written here: {error.message}"
        raise BlockdocError(message, error.place) from error


async def _record_step(run: ExampleRun, step: Step, fence: Fence) -> list[Edit]:
    if step.kind == "graph":
        drawn = to_mermaid(await run.graph(fence, limit_of(fence))).rstrip("\n") + "\n"
        return [] if drawn == fence.text else [Edit(0, len(fence.text), drawn)]
    if step.kind == "gdb":
        if why := run.left_out(fence):
            raise MissingError(f"{why}: this step cannot be recorded", fence.place)
        return await (await run.debugging(fence)).edits(limit_of(fence))
    if step.kind == "trace":
        return (await run.tracing(fence)).edits()
    if step.kind != "qmp":
        return await (await run.dialogue(step, fence)).edits(limit_of(fence))
    return await _record_transcript(run, fence)


async def _record_transcript(run: ExampleRun, fence: Fence) -> list[Edit]:
    conversation = await run.machines.at(fence)
    if fence.ends:  # nothing to hear any more, once it has ended
        await conversation.speak(fence, run.filters(fence), limit_of(fence))
        return []
    loose = conversation.begin(fence, run.filters(fence))
    transcript = parse_transcript(fence.text, fence.body)
    edits: list[Edit] = []
    for turn in turns(transcript):
        if not turn.commands:
            continue
        heard = await listen(conversation, turn, fence)
        edits += _Writer(conversation, turn, heard, fence.text).edits(loose=loose)
    return edits


class _Writer:
    """Turn what was heard in one turn into edits of the fence's text."""

    def __init__(self, conversation: Conversation, turn: Turn, heard: Heard, text: str) -> None:
        self.conversation = conversation
        self.turn = turn
        self.heard = heard
        self.text = text
        #: Text to put behind the message that ends at an offset.
        self.behind: dict[int, list[str]] = {}

    def edits(self, *, loose: bool) -> Iterator[Edit]:
        for command, written, reply in zip(
            self.turn.commands, self.turn.replies, self.heard.replies, strict=True
        ):
            if written is None:
                self.put(command.end, format_message("<-", tidy(dict(reply))))
            else:
                yield from self.revised(written, reply)
        loose = loose or any(isinstance(item, Elision) for item in self.turn.items)
        yield from self.events(loose=loose)
        for end, texts in self.behind.items():
            yield Edit(end, end, "".join(f"\n{text}" for text in texts))

    def put(self, end: int, text: str) -> None:
        self.behind.setdefault(end, []).append(text)

    def revised(self, item: Reply | Event, actual: JsonObject) -> Sequence[Edit]:
        result = match(item.pattern, dict(actual), self.conversation.captures)
        if not result.differences:
            self.conversation.captures = result.captures
            return ()
        return revise(item.pattern, dict(actual), self.conversation.captures)

    def events(self, *, loose: bool) -> Iterator[Edit]:
        """Keep the written events that came, remove those that did not, add the others."""
        written = [item for item in self.turn.items if isinstance(item, Event)]
        pairs = _align(written, self.heard.events, self.conversation.captures)
        kept = {position for position, _ in pairs}
        for position, item in enumerate(written):
            if position not in kept:
                yield self.removed(item)
        anchor = self.last_end()
        partner = {heard: position for position, heard in pairs}
        place = anchor
        for number, event in enumerate(self.heard.events):
            if number in partner:
                item = written[partner[number]]
                yield from self.revised(item, event)
                place = item.end
            elif not loose:
                self.put(place, format_message("<-", tidy(_without_timestamp(event))))

    def last_end(self) -> int:
        """Return the end of the last reply, or of the last command if none is written."""
        replies = [item.end for item in self.turn.replies if item is not None]
        return max(replies, default=self.turn.commands[-1].end)

    def removed(self, item: Event) -> Edit:
        start = self.text.rfind("\n", 0, item.start) + 1
        end = self.text.find("\n", item.end)
        return Edit(start, len(self.text) if end < 0 else end + 1, "")


def _align(
    written: Sequence[Event], heard: Sequence[JsonObject], captures: Mapping[str, Json]
) -> list[tuple[int, int]]:
    """Pair each written event with the first heard one that fits and is left.

    Order counts for one kind and owner only, so each owner is aligned by itself.
    """
    pairs: list[tuple[int, int]] = []
    left = set(range(len(heard)))
    for position, item in enumerate(written):
        fitting = [n for n in sorted(left) if _fits(item, heard[n], captures)]
        later = [n for n in fitting if not _crosses(pairs, n, heard)]
        if later:
            pairs.append((position, later[0]))
            left.discard(later[0])
    return pairs


def _fits(item: Event, event: JsonObject, captures: Mapping[str, Json]) -> bool:
    return not match(item.pattern, dict(event), captures).differences


def _crosses(
    pairs: Sequence[tuple[int, int]], number: int, heard: Sequence[JsonObject]
) -> bool:
    """Say whether pairing `number` would turn the order of its owner around."""
    mine = _owner(heard[number])
    return any(other > number and _owner(heard[other]) == mine for _, other in pairs)


def _owner(event: JsonObject) -> tuple[str, str]:
    data = event.get("data")
    names = ("id", "device", "node-name", "qom-path")
    values = data if isinstance(data, dict) else {}
    return str(event.get("event")), next((str(values[it]) for it in names if it in values), "")


def tidy(value: Json) -> Json:
    """Order members as a reader looks for them: QEMU's order is that of a hash table."""
    if isinstance(value, Mapping):
        keys = sorted(value, key=_rank)
        return {key: tidy(value[key]) for key in keys}
    return [tidy(element) for element in value] if isinstance(value, list) else value


def _rank(key: str) -> tuple[int, str]:
    return (FIRST.index(key) if key in FIRST else len(FIRST), key)


def _without_timestamp(event: JsonObject) -> dict[str, Json]:
    return {key: value for key, value in event.items() if key != "timestamp"}


def replace_file(path: Path, recording: Recording) -> None:
    """Write the new text, in one step.

    :raise BlockdocError: it cannot be written, or is no longer the one that was read.
    """
    place = Place(recording.path, 1)
    try:
        if path.read_bytes() != recording.old.encode():
            message = "changed while it was recorded; nothing was written, run it again"
            raise BlockdocError(message, place)
        _write(path, recording)
    except OSError as error:
        raise BlockdocError(f"cannot be written: {error.strerror}", place) from error


def _write(path: Path, recording: Recording) -> None:
    """Replace `path`; no file of any name ever holds half of the text.

    (Where the file system has no files without a name, one can be left by SIGKILL.)
    """
    new = path.with_name(f".{path.name}.{os.getpid()}")
    handle, unnamed = _open(new)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(recording.new)
            file.flush()
            os.fchmod(handle, path.stat().st_mode)
            os.fsync(handle)
            if unnamed:  # src_dir_fd makes it linkat(2), which follows the link
                os.link(f"/proc/self/fd/{handle}", new, src_dir_fd=handle)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _open(new: Path) -> tuple[int, bool]:
    """Open a file without a name beside `new`, or else `new` itself."""
    try:
        return os.open(new.parent, os.O_TMPFILE | os.O_WRONLY, 0o600), True
    except OSError:
        return os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), False
