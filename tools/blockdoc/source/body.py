# SPDX-License-Identifier: GPL-2.0-or-later
r"""Code without what does not count: comments are gone already, blanks go here.

::

    digest("if (a)  return;")  ==  digest("if(a)\n    return;")
"""

import hashlib
import re
from collections.abc import Iterator

__all__ = ["digest", "lines", "tokens"]

_TOKEN = re.compile(
    r"""
      " (?: \\. | [^"\\] )* "
    | ' (?: \\. | [^'\\\n] )* '
    | \w+
    | \\\n
    | [^\s\w]
""",
    re.VERBOSE,
)


def tokens(code: str) -> list[str]:
    """Take C or a schema apart; a line that goes on in the next is one line.

    QEMU's types have a name of their own as well: `struct Job` is `Job`.
    """
    return [found for found in _TOKEN.findall(code) if found not in {"\\\n", "struct"}]


def digest(code: str) -> str:
    """Return twelve digits that change if the code does."""
    whole = " ".join(tokens(code))
    return hashlib.sha256(whole.encode(errors="replace")).hexdigest()[:12]


def lines(code: str) -> Iterator[str]:
    """Yield the lines that say something, each with its depth kept as single steps."""
    for line in code.expandtabs(4).splitlines():
        if words := line.split():
            depth = (len(line) - len(line.lstrip())) // 4
            yield "  " * min(depth, 6) + " ".join(words)
