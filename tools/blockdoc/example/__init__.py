# SPDX-License-Identifier: GPL-2.0-or-later
"""Examples: what stands in a file under examples/, read as Sphinx reads it."""

from blockdoc.example.model import Example, Fence, Image, Machine, Step
from blockdoc.example.read import (
    examples_below,
    is_example,
    parse_example,
    read_example,
    read_text,
)

__all__ = [
    "Example",
    "Step",
    "Fence",
    "Machine",
    "Image",
    "read_example",
    "parse_example",
    "read_text",
    "is_example",
    "examples_below",
]
