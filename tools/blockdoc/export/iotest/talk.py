# SPDX-License-Identifier: GPL-2.0-or-later
"""Write a transcript as calls of iotests.py, and what they log.

::

    ->  { "execute": "job-dismiss", … }   vm.qmp_log('job-dismiss', id='commit0')
    <-  { "return": … }                   what it logs
    <-  { "event": … }                    event_log(vm, 'JOB_STATUS_CHANGE', id='commit0')
    at the end                            leftovers(vm, 'commit0')

An event of a job is waited for by its name and the job, so that another status or length is
seen in the log; one of another kind by all that is written of it.  Where events are loose, a
status change is waited for by its status, and those that nobody wrote are dropped.
"""

import json
import keyword
import re
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from blockdoc.doctest.conversation import check_answers
from blockdoc.doctest.jobs import STATUS_CHANGE, jobs_of_command
from blockdoc.errors import AuthorError, Place
from blockdoc.example import Fence
from blockdoc.export.iotest.program import Program
from blockdoc.export.iotest.python import GAP, Raw
from blockdoc.export.iotest.shown import (
    form_of,
    in_order,
    logged,
    logged_text,
    parts,
    scalars,
)
from blockdoc.transcript import (
    Capture,
    Command,
    Elided,
    Elision,
    Event,
    Item,
    Json,
    Object,
    Pattern,
    Reply,
    parse_transcript,
    strings_of,
)

__all__ = ["Jobs", "Talk"]

#: What tells which job an event is about.
OWNERS = {"id", "device"}
#: And what tells which of them it is, where their order does not.
LOOSE = OWNERS | {"status"}
NAME_OF_CAPTURE = re.compile(r"<[A-Za-z][\w-]*>")
#: Exports that need a device of the host, and the right to use it.
HOSTS = ("fuse", "vduse-blk")
TIMESTAMP = {"microseconds": "USECS", "seconds": "SECS"}


@dataclass(slots=True)
class Jobs:
    """What the transcripts of an example have said of jobs so far."""

    #: Those that were named, in the order in which they were.
    named: dict[str, None] = field(default_factory=dict)
    #: For each name the events of each job that had it; first, of none.
    lives: dict[str, list[Counter[str]]] = field(default_factory=dict)

    def note(self, event: str, values: Mapping[str, Json]) -> str:
        """Note an event; say why it cannot be told from an earlier one, or nothing."""
        job = str(values.get("id" if event == STATUS_CHANGE else "device"))
        lives = self.lives.setdefault(job, [Counter()])
        if event == STATUS_CHANGE:
            self.named[job] = None
            if values.get("status") == "created":
                lives.append(Counter())
            return ""
        lives[-1][event] += 1
        if all(life[event] for life in lives[1:-1]):
            return ""
        return f"an earlier {event} of {job} is not written, and would be taken for it"


@dataclass(slots=True)
class Talk:
    """A transcript that is being written."""

    program: Program
    jobs: Jobs
    fence: Fence
    #: Filters that the step asks for.
    filters: Sequence[Raw]
    #: Whether status changes that nobody wrote may come, up to the next command.
    loose: bool = False

    def write(self) -> None:
        """Write all of it.

        :raise AuthorError: iotests.py cannot do it.
        """
        events = self.fence.options.get("events")
        if events == "strict":
            message = "its events are strict, and a test does not see all events"
            raise AuthorError(message, self.fence.place)
        transcript = parse_transcript(self.fence.text, self.fence.body)
        check_answers(transcript, self.fence)
        items = deque(transcript.items)
        self.loose = events == "loose"
        quits = False
        while items:
            item = items.popleft()
            if isinstance(item, Command):
                if self.loose and events != "loose":
                    self._leftovers()
                    self.loose = False
                quits = self._command(item, self._take_reply(items))
            elif isinstance(item, Event):
                self._event(item)
            elif isinstance(item, Elision):
                self.loose = True
        if quits:
            self.program.end()
        else:
            self._leftovers()

    def _take_reply(self, items: deque[Item]) -> Reply:
        """Take a command's reply out of the items below it."""
        for place, item in enumerate(items):
            if isinstance(item, Reply):
                del items[place]
                return item
            if isinstance(item, Command):
                break
        message = "it is sent before the command above it is answered, and iotests.py waits"
        raise AuthorError(message, self._place(item))

    def _place(self, item: Item) -> Place:
        return Place(self.fence.body.path, item.line)

    def _command(self, item: Command, reply: Reply) -> bool:
        """Write a command and its reply; say whether QEMU quits."""
        name, arguments = self._message(item)
        self.jobs.named.update(
            dict.fromkeys(jobs_of_command({"execute": name, "arguments": arguments}))
        )
        keywords = {self._keyword(key, item): value for key, value in arguments.items()}
        filters = [*self.filters, *self._only(reply.pattern)]
        if any(isinstance(it, Capture) for it in parts(item.pattern)):
            self.program.helpers.add("sent")
            filters.insert(0, Raw("sent"))
        options = {"filters": filters} if filters else {}
        literals = {key: _literal(value) for key, value in keywords.items()}
        self.program.call("vm.qmp_log", name, **options, **literals)
        answer = logged(reply.pattern)
        sent = {key.replace("_", "-"): in_order(keywords[key]) for key in sorted(keywords)}
        self.program.out += [
            json.dumps({"execute": name, "arguments": sent}),
            logged_text(answer),
        ]
        if name.startswith("blockdev-") and isinstance(answer, dict) and "return" in answer:
            self.program.drivers.update(strings_of(arguments, "driver"))
        return name == "quit"

    def _message(self, item: Command) -> tuple[str, Mapping[str, Json]]:
        """Return the name and the arguments of a command."""
        message = logged(item.pattern)
        if any(isinstance(it, Elided) for it in parts(item.pattern)):
            raise AuthorError(
                "a command is sent as it stands, without `...`", self._place(item)
            )
        if not isinstance(message, dict) or message.keys() - {"execute", "arguments", "id"}:
            text = "iotests.py sends `execute` and `arguments` alone"
            raise AuthorError(text, self._place(item))
        name, arguments = str(message.get("execute")), message.get("arguments", {})
        if name == "cont" and not self.program.is_daemon:
            raise AuthorError("a guest runs, and iotests run none", self._place(item))
        if not isinstance(arguments, dict):
            raise AuthorError("`arguments` is no object", self._place(item))
        if name == "block-export-add" and arguments.get("type") in HOSTS:
            message = f"whether there is {arguments['type']} depends on the host"
            raise AuthorError(message, self._place(item))
        return name, arguments

    def _keyword(self, argument: str, item: Command) -> str:
        """Return what ``qmp_log`` calls an argument."""
        key = argument.replace("-", "_")
        if key.isidentifier() and not keyword.iskeyword(key) and "_" not in argument:
            return key
        message = f"iotests.py cannot send an argument called {argument}"
        raise AuthorError(message, self._place(item))

    def _only(self, pattern: Pattern) -> list[Raw]:
        """Write the form of an answer, if it leaves something out; return its filter."""
        form = form_of(pattern)
        if form is GAP:
            return []
        self.program.helpers.add("only")
        self.program.form(form)
        return [Raw("only(form)")]

    def _event(self, item: Event) -> None:
        pattern = item.pattern
        if item.name is None or not isinstance(pattern, Object):
            raise AuthorError("an event without a name", self._place(item))
        data = pattern.get("data")
        values = scalars(data) if isinstance(data, Object) else {}
        problem = self.jobs.note(item.name, values)
        if problem:
            raise AuthorError(problem, self._place(item))
        told = set(values)
        if item.name.startswith("BLOCK_JOB_"):
            told &= OWNERS
        elif item.name == STATUS_CHANGE:
            told &= LOOSE if self.loose else OWNERS
        match = {key.replace("-", "_"): values[key] for key in values if key in told}
        filters = [*self.filters, *self._only(pattern)]
        options = {"filters": filters} if filters else {}
        self.program.call("event_log", Raw("vm"), item.name, **options, **match)
        members = {it.key: logged(it.value) for it in pattern.members}
        if not pattern.has_gap or "timestamp" in members:
            members["timestamp"] = TIMESTAMP
        self.program.out.append(logged_text(members))

    def _leftovers(self) -> None:
        if self.jobs.named:
            options = {"drop": True} if self.loose else {}
            self.program.call("leftovers", Raw("vm"), *self.jobs.named, **options)


def _literal(value: Json) -> object:
    """Return a value as Python text; what was captured is looked up."""
    if isinstance(value, str) and NAME_OF_CAPTURE.fullmatch(value):
        return Raw(f"NAMES[{value!r}]")
    if isinstance(value, Mapping):
        return {key: _literal(it) for key, it in value.items()}
    return [_literal(it) for it in value] if isinstance(value, list) else value
