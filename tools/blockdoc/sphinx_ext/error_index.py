# SPDX-License-Identifier: GPL-2.0-or-later
"""``{error-index}``: every error message that an example shows, by command.

A page's steps are noted when it is read, and so are the steps that a chapter shows.  The
list is made when a page that has one is written, so that it is of all pages.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import groupby

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from blockdoc.coverage import Message, messages
from blockdoc.plural import counted
from blockdoc.sphinx_ext.domain import GuideDomain
from blockdoc.sphinx_ext.html import make
from blockdoc.sphinx_ext.roles import link

__all__ = [
    "ErrorIndex",
    "FillErrorIndex",
    "message_anchor",
    "pages_with_errors",
    "refresh_errors",
]

_KEY = "error-index"
#: The class that says nothing.
USUAL = "GenericError"


class error_index(nodes.General, nodes.Element):  # noqa: N801 - docutils calls nodes like that
    """Where the list of all error messages goes."""


class ErrorIndex(SphinxDirective):
    """The list of all error messages."""

    def run(self) -> list[nodes.Node]:
        """Leave a place for it."""
        self.env.metadata[self.env.docname][_KEY] = "yes"
        return [error_index()]


def refresh_errors(_app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Name the pages to write again, because what is listed has changed."""
    domain = GuideDomain.of(env)
    known = (tuple(domain.entries("answers")), tuple(domain.entries("shown")))
    if known == domain.data["listed-errors"]:
        return []
    domain.data["listed-errors"] = known
    return pages_with_errors(env)


def pages_with_errors(env: BuildEnvironment) -> list[str]:
    """Name the pages that have the list."""
    return [page for page, found in env.metadata.items() if _KEY in found]


def message_anchor(it: Message) -> str:
    """Return the HTML id of a message in the list."""
    digest = sha256(f"{it.command} {it.kind} {it.desc}".encode()).hexdigest()[:8]
    return f"error-{digest}"


class FillErrorIndex(SphinxPostTransform):
    """Put the list where it goes, before links are resolved."""

    default_priority = 5

    def run(self, **_kwargs: object) -> None:
        """Replace each placeholder."""
        for place in list(self.document.findall(error_index)):
            place.replace_self(_Index(self.env).show())


class _Index:
    """The list, for one page."""

    def __init__(self, env: BuildEnvironment) -> None:
        domain = GuideDomain.of(env)
        self._env = env
        self._messages = messages(entry for _, entry in domain.entries("answers"))
        self._chapters: dict[str, list[str]] = {}
        for page, step in domain.entries("shown"):
            self._chapters.setdefault(step, []).append(page)

    def show(self) -> list[nodes.Node]:
        """Return a line of all commands, and a list for each."""
        found = [
            (command, list(group))
            for command, group in groupby(self._messages, lambda it: it.command)
        ]
        jumps = [
            make("a", [nodes.literal("", name)], href=f"#{_anchor(name)}") for name, _ in found
        ]
        count = (
            f"{counted(len(self._messages), 'message')} of {counted(len(found), 'command')}:"
        )
        parts = [nodes.Text(count), *(part for it in jumps for part in (nodes.Text(" "), it))]
        return [
            make("p", parts, classes=["error-commands"]),
            *(node for name, group in found for node in self._command(name, group)),
        ]

    def _command(self, name: str, group: Sequence[Message]) -> Iterator[nodes.Node]:
        title = nodes.literal("", name) if name else nodes.Text("not a command")
        yield make("h2", [title], ids=[_anchor(name)])
        yield make("ul", [self._message(it) for it in group], classes=["error-index"])

    def _message(self, it: Message) -> nodes.Node:
        text: list[nodes.Node] = [nodes.literal("", it.desc)]
        if it.kind != USUAL:
            text += [nodes.Text(" "), make("span", [nodes.Text(it.kind)], classes=["since"])]
        facts = [_fact("Shown by", [self._step(*step) for step in it.steps])]
        if chapters := self._pages(it):
            facts.append(_fact("Explained in", [self._page(page) for page in chapters]))
        facts += [_fact(*_other(other.when, other.desc)) for other in it.others]
        return make(
            "li",
            [
                make("p", text, classes=["error-text"]),
                make("ul", facts, classes=["error-facts"]),
            ],
            ids=[message_anchor(it)],
        )

    def _step(self, step: str, when: str) -> list[nodes.Node]:
        shown: list[nodes.Node] = [link("step", step, self._env.docname)]
        return [*shown, nodes.Text(f" ({_releases(when)})")] if when else shown

    def _pages(self, it: Message) -> list[str]:
        pages = (page for step, _ in it.steps for page in self._chapters.get(step, ()))
        return list(dict.fromkeys(pages))

    def _page(self, page: str) -> list[nodes.Node]:
        title = nodes.inline("", "", *self._env.titles[page].deepcopy().children)
        return [
            pending_xref(
                "",
                title,
                refdoc=self._env.docname,
                refdomain="std",
                reftype="doc",
                reftarget=f"/{page}",
                refexplicit=True,
                refwarn=True,
            )
        ]


def _other(when: str, desc: str) -> tuple[str, list[list[nodes.Node]]]:
    if not desc:
        return _releases(when), [[nodes.Text("no error")]]
    return _releases(when), [[nodes.literal("", desc)]]


def _fact(name: str, content: Sequence[Sequence[nodes.Node]]) -> nodes.Node:
    parts: list[nodes.Node] = [make("span", [nodes.Text(f"{name}: ")], classes=["fact"])]
    for number, several in enumerate(content):
        parts += [nodes.Text(", ")] if number else []
        parts += several
    return make("li", parts)


def _releases(when: str) -> str:
    return when.replace("qemu", "QEMU", 1) if when.startswith("qemu") else f"with {when}"


def _anchor(command: str) -> str:
    return f"errors-{command or 'other'}"
