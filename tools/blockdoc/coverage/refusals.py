# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds what QEMU says when it refuses, and where releases differ in it.

::

    fence ──answers──► Answer … ─┐
    fence ──answers──► Answer … ─┴─messages──► Message: its words, the steps that show it,
                                               and what the other releases answer instead

An error that the author has left out, or of which only a part is written, has no words.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blockdoc.lint.exchange import exchanges
from blockdoc.transcript import Object, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from blockdoc.lint.exchange import Exchange
    from blockdoc.transcript import Transcript

__all__ = ["Answer", "Fence", "Message", "Other", "answers", "messages"]


@dataclass(frozen=True, slots=True, order=True)
class Answer:
    """What a command was answered."""

    command: str
    #: Class and text of the error; both empty where there is none, or none is written.
    kind: str = ""
    desc: str = ""
    #: Whether it succeeded.
    returned: bool = False


@dataclass(frozen=True, slots=True)
class Fence:
    """The answers of one fence of a step."""

    step: str
    #: The releases that it is for, as its author wrote it; empty for all.
    when: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, order=True)
class Other:
    """What other releases answer in the same place: a text, or nothing where they agree to."""

    when: str
    desc: str


@dataclass(frozen=True, slots=True)
class Message:
    """An error message, and where it is shown."""

    command: str
    kind: str
    desc: str
    #: Steps, each with the releases for which it shows this; empty for all.
    steps: tuple[tuple[str, str], ...]
    others: tuple[Other, ...]


def answers(transcript: Transcript) -> tuple[Answer, ...]:
    """Return what each command of a fence was answered."""
    return tuple(_answer(exchange) for exchange in exchanges(transcript))


def messages(fences: Iterable[Fence]) -> list[Message]:
    """Put together what is the same, by command and text."""
    steps: defaultdict[Answer, list[tuple[str, str]]] = defaultdict(list)
    others: defaultdict[Answer, set[Other]] = defaultdict(set)
    by_step: defaultdict[str, list[Fence]] = defaultdict(list)
    for fence in fences:
        by_step[fence.step].append(fence)
    for alternatives in by_step.values():
        for fence in alternatives:
            for index, answer in enumerate(fence.answers):
                if answer.desc:
                    steps[answer].append((fence.step, fence.when))
                    others[answer].update(_others(fence, index, alternatives))
    return [
        Message(
            it.command,
            it.kind,
            it.desc,
            tuple(_steps(steps[it], by_step)),
            tuple(sorted(others[it])),
        )
        for it in sorted(steps)
    ]


def _steps(
    found: Iterable[tuple[str, str]], by_step: Mapping[str, Sequence[Fence]]
) -> Iterator[tuple[str, str]]:
    """Yield each step once; without releases, if all its alternatives say the same."""
    whens: dict[str, list[str]] = {}
    for step, when in dict.fromkeys(found):
        whens.setdefault(step, []).append(when)
    for step, these in whens.items():
        everywhere = len(these) == len(by_step[step])
        yield from ((step, when) for when in ([""] if everywhere else these))


def _others(fence: Fence, index: int, alternatives: Sequence[Fence]) -> Iterator[Other]:
    """Yield what the alternatives with the same commands answer otherwise."""
    commands = [it.command for it in fence.answers]
    for other in alternatives:
        if other is fence or [it.command for it in other.answers] != commands:
            continue
        found = other.answers[index]
        if found.returned or (found.desc and found.desc != fence.answers[index].desc):
            yield Other(other.when, found.desc)


def _answer(exchange: Exchange) -> Answer:
    error = exchange.error
    parts = error if isinstance(error, Object) else None
    return Answer(
        exchange.name,
        _text(parts, "class"),
        _text(parts, "desc"),
        returned=exchange.returned is not None,
    )


def _text(error: Object | None, key: str) -> str:
    value = error.get(key) if error is not None else None
    return str(value.value) if isinstance(value, Scalar) else ""
