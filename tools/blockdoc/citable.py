# SPDX-License-Identifier: GPL-2.0-or-later
"""All that has a permanent id, read from the pages' text: what can be cited.

::

    id                    kind       address
    ───────────────────── ────────── ──────────────────────────────────────────────
    DRAIN-3               rule       docs/devel/block/drain#drain-3
    drain-why             section    docs/devel/block/drain#drain-why
    jobs/commit-active    example    examples/jobs/commit-active
    commit-active-start   step       examples/jobs/commit-active#commit-active-start

A recorded graph is a step like others.
The site has the same ids from Sphinx; what was published is compared with those.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from blockdoc.errors import AuthorError, Place
from blockdoc.example import Example, is_example, parse_example, read_text
from blockdoc.units import Unit, read_page

__all__ = ["KINDS_OF_STEP", "Citable", "find_citable", "read_citables"]

#: What a step's citation calls it, behind the title of its example.
KINDS_OF_STEP: Final[Mapping[str, str]] = {
    "qmp": "QMP",
    "graph": "block graph",
    "console": "console",
    "hmp": "human monitor",
    "trace": "trace events",
    "gdb": "gdb",
}


@dataclass(frozen=True, slots=True)
class Citable:
    """What has a permanent id."""

    id: str
    #: `rule`, `section`, `example`, `step`.
    kind: str
    title: str
    place: Place
    #: Its id in HTML; an example is its page.
    anchor: str

    @property
    def address(self) -> str:
        """Its page, without a suffix, and its anchor."""
        page = self.place.path.removesuffix(".md")
        return f"{page}#{self.anchor}" if self.anchor else page


def read_citables(root: Path) -> list[Citable]:
    """Read everything of the guide at `root`, page by page.

    :raise AuthorError: an example is badly written.
    """
    paths = [it for top in ("docs", "examples") for it in sorted((root / top).rglob("*.md"))]
    return [it for path in paths for it in _of_page(path, root)]


def find_citable(known: Sequence[Citable], name: str) -> Citable:
    """Find by id; of a rule, small letters will do.

    :raise AuthorError: there is none.
    """
    for it in known:
        if name == it.id or (it.kind == "rule" and name.upper() == it.id):
            return it
    near = [it.id for it in known if it.id.lower().startswith(name.lower()[:4])]
    hint = f"; there are {', '.join(near[:5])}" if near else ""
    raise AuthorError(f"no rule, section, example or step is called {name!r}{hint}")


def _of_page(path: Path, root: Path) -> Iterator[Citable]:
    name = path.relative_to(root).as_posix()
    text = read_text(path, name)
    units = read_page(text, name)
    if name.startswith("examples/"):
        short = name.removeprefix("examples/").removesuffix(".md")
        yield Citable(short, "example", _headline(units), Place(name, 1), "")
        if is_example(path):
            yield from _steps(parse_example(text, name), _headline(units))
    for unit in units:
        if unit.anchor:
            yield Citable(unit.id, unit.kind, unit.title, unit.place, unit.anchor)


def _headline(units: Sequence[Unit]) -> str:
    return units[0].title


def _steps(example: Example, headline: str) -> Iterator[Citable]:
    for step in example.steps:
        fence = step.alternatives[0]
        title = str(fence.options.get("title") or f"{headline}: {KINDS_OF_STEP[step.kind]}")
        yield Citable(step.id, "step", title, fence.place, step.id)
