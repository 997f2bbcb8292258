# SPDX-License-Identifier: GPL-2.0-or-later
"""What a replay found: data."""

from dataclasses import dataclass

from blockdoc.errors import Place, readable

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was recorded, and where."""

    #: The line of the step; of the file's beginning if it is about no step.
    place: Place
    #: reply, error, event, order, graph, setup or qemu: stable names for programs.
    kind: str
    #: What was recorded, and what there is; one line.
    message: str
    #: Number of the step in the conversation, from 1, or 0.
    step: int = 0
    #: JSON pointer of the member of that step's message.
    pointer: str = ""

    def __str__(self) -> str:
        where = f"step {self.step}: " if self.step else ""
        member = f"{self.pointer}: " if self.pointer else ""
        return readable(f"{self.place}: {self.kind}: {where}{member}{self.message}")

    def as_json(self) -> dict[str, str | int]:
        """Return the members that every report has, and the step and member path."""
        return {
            "path": self.place.path,
            "line": self.place.line,
            "id": f"step {self.step}" if self.step else "",
            "kind": self.kind,
            "message": self.message,
            "step": self.step,
            "pointer": self.pointer,
        }
