# SPDX-License-Identifier: GPL-2.0-or-later
"""How long a step may take: its own limit, and what is left of its example's."""

import time
from dataclasses import dataclass

from blockdoc.errors import AuthorError
from blockdoc.example import Example, Fence

__all__ = ["STEP", "Clock", "Limit", "limit_of", "step_of"]

#: How long a step, and an example, may take unless it says otherwise, in seconds.
STEP = 30.0
EXAMPLE = 300.0


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit in seconds, and how a message says it."""

    seconds: float
    words: str


def limit_of(fence: Fence, otherwise: float = STEP) -> Limit:
    """Return the limit of a step by itself: what it says, or `otherwise`, in seconds.

    :raise AuthorError: `:timeout:` is not a positive number.
    """
    text = fence.options.get("timeout")
    try:
        seconds = otherwise if text is None else float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise AuthorError(f"timeout {text!r}: expected seconds, such as 5", fence.place)
    return Limit(seconds, f"within {seconds:g} s (`:timeout:`){step_of(fence)}")


def step_of(fence: Fence) -> str:
    """Say in which step, behind a message; nothing where a step has no name of its own."""
    name = fence.options.get("id")
    return f", in step {name}" if name else ""


class Clock:
    """What is left of an example's time; it runs while a step runs."""

    def __init__(self, example: Example, step: float = STEP) -> None:
        self._step = step
        self._whole = example.timeout or EXAMPLE
        self._left = self._whole

    def limit(self, fence: Fence) -> Limit:
        """Return what `fence` may take now.

        :raise AuthorError: `:timeout:` is not a positive number.
        """
        own = limit_of(fence, self._step)
        if own.seconds <= self._left:
            return own
        words = f"before the {self._whole:g} s of the whole example were over (`timeout:`)"
        return Limit(max(self._left, 0.001), words + step_of(fence))

    def start(self) -> float:
        """Begin a step."""
        return time.monotonic()

    def stop(self, started: float) -> None:
        """End the step that began at `started`."""
        self._left -= time.monotonic() - started
