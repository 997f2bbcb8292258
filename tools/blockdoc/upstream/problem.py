# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong with the text of a snippet."""

from dataclasses import dataclass
from typing import Literal

from blockdoc.errors import Place

__all__ = ["Problem"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake that is seen without a schema."""

    #: ``syntax``: it cannot be read; ``echo``: qmp-shell would print another command.
    kind: Literal["syntax", "echo"]
    place: Place
    message: str
