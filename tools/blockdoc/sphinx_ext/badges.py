# SPDX-License-Identifier: GPL-2.0-or-later
"""What an example runs, and what became of it on each release: under its title.

::

    Runs qemu-storage-daemon and qemu-img with disk.qcow2 (4M) and top.qcow2 (over disk.qcow2).
    ✓ QEMU 11.1.3 passed    ≠ QEMU 7.2.22 passed, other answers

Verdicts are those of docs/_data/verdicts.json, which ``make matrix`` makes.  One that is
older than the example says so: it is of another text.
"""

import contextlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from blockdoc.doctest.verdicts import PATH, Judged, Verdicts, text_hash
from blockdoc.errors import AuthorError, BlockdocError
from blockdoc.example import Example, Image, Machine, read_example
from blockdoc.qemu.releases import supported
from blockdoc.schema.recorded import Released
from blockdoc.sphinx_ext.alternatives import in_words
from blockdoc.sphinx_ext.html import make
from blockdoc.sphinx_ext.pages import is_example_page
from blockdoc.sphinx_ext.report import warn_error
from blockdoc.transcript import CONSOLE, Release, parse_dialogue

__all__ = ["add_badges"]

#: What a badge shows, by what it says: a mark that does not need colour, and words.
BADGES = {
    "passed": ("✓", "passed"),
    "other": ("≠", "passed, other answers"),
    "not-for": ("⊘", "not for this release"),
    "skipped": ("○", "skipped"),
    "failed": ("✗", "failed"),
    "stale": ("?", "not run since it changed"),
    "missing": ("?", "not run yet"),
}


def add_badges(app: Sphinx, document: nodes.document) -> None:
    """Put them under the title of an example's page."""
    env = app.env
    title = next(iter(document.findall(nodes.title)), None)
    if title is None or not is_example_page(env, env.docname):
        return
    path = Path(env.doc2path(env.docname))
    try:
        example = read_example(path, Path(env.srcdir))
    except AuthorError:  # said by the check that compares pages and examples
        return
    try:
        badges = _badges(
            example, text_hash(path.read_bytes()), _verdicts(env), Path(env.srcdir)
        )
    except BlockdocError as error:
        warn_error(error, env.docname, "verdicts")
        return
    facts = make("p", list(_facts(example)), classes=["runs"])
    result = make("ul", badges, classes=["badges"], aria_label="Results by release")
    title.parent.insert(title.parent.index(title) + 1, [facts, result])


def _verdicts(env: BuildEnvironment) -> Verdicts:
    path = Path(env.srcdir, PATH)
    if path.exists():
        env.note_dependency(path)
    return _read(Path(env.srcdir), path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=4)
def _read(root: Path, _changed: int) -> Verdicts:
    """Read the verdicts once for each time they change."""
    try:
        return Verdicts.read(root)
    except BlockdocError as error:
        warn_error(error, None, "verdicts")
        return Verdicts({}, {})


def _badges(example: Example, text: str, verdicts: Verdicts, root: Path) -> list[nodes.Node]:
    """Make a badge for each release, oldest first."""
    versions = [verdicts.releases.get(it.series, it.series) for it in supported()]
    targets = [Released(root, Release.parse(version)) for version in versions]
    judged = verdicts.examples.get(example.path)
    current = judged if judged is not None and judged.text == text else None
    missing = "missing" if judged is None else "stale"
    return [
        _badge(version, _state(example, current, target, targets[-1]) or missing)
        for version, target in zip(versions, targets, strict=True)
    ]


def _state(
    example: Example, judged: Judged | None, target: Released, newest: Released
) -> str | None:
    """Say what a badge is to say; None if there is no verdict on the example as it is."""
    verdict = judged.outcome(target.release.series) if judged is not None else None
    if verdict is None:
        return None
    if verdict.outcome == "skipped" and not _is_for(example, target):
        return "not-for"
    if verdict.outcome == "passed" and _has_own_answers(example, target, newest):
        return "other"
    return verdict.outcome


def _is_for(example: Example, target: Released) -> bool:
    return example.requires is None or example.requires.applies(target)


def _has_own_answers(example: Example, target: Released, newest: Released) -> bool:
    """Say whether a step has another alternative here than on the newest release."""
    steps = (step for step in example.steps if len(step.alternatives) > 1)
    return any(step.fence(target) is not step.fence(newest) for step in steps)


def _badge(version: str, state: str) -> nodes.Node:
    icon, words = BADGES[state]
    content = [
        make("span", [nodes.Text(icon)], classes=["badge-icon"], aria_hidden="true"),
        make("span", [nodes.Text(f" QEMU {version} ")], classes=["badge-release"]),
        make("span", [nodes.Text(words)], classes=["badge-words"]),
    ]
    return make("li", content, classes=["badge", f"badge-{state}"])


def _facts(example: Example) -> Iterator[nodes.Node]:
    """Say what runs: programs, their arguments, the images, the releases."""
    runs = [*_machines(example), *((tool, "") for tool in _tools(example))]
    for number, (command, name) in enumerate(runs):
        yield nodes.Text(_joint(number, len(runs), "Runs "))
        yield nodes.literal("", command)
        if name:
            yield nodes.Text(f" as {name}")
    for number, image in enumerate(example.images):
        yield nodes.Text(_joint(number, len(example.images), " with "))
        yield nodes.literal("", image.name)
        yield nodes.Text(f" ({', '.join(_image(image))})")
    yield nodes.Text(".")
    if example.requires is not None:
        yield nodes.Text(f" Needs {in_words(str(example.requires))}.")


def _machines(example: Example) -> Iterator[tuple[str, str]]:
    """Yield the command and the name of each machine that a step speaks to: no other starts."""
    spoken = [step for step in example.steps if step.kind != "console"]
    names = {fence.vm for step in spoken for fence in step.alternatives}
    for machine in example.machines:
        if machine.name in names:
            yield _command(machine), machine.name


def _tools(example: Example) -> list[str]:
    """Name the tools that console steps run, in the order in which they are met."""
    found: list[str] = []
    for step in example.steps:
        for fence in step.alternatives if step.kind == "console" else ():
            with contextlib.suppress(AuthorError):  # said where the dialogue is shown
                dialogue = parse_dialogue(fence.text, fence.place, CONSOLE)
                found += (exchange.command.split()[0] for exchange in dialogue)
    return list(dict.fromkeys(found))


def _command(machine: Machine) -> str:
    program = "qemu-system" if machine.kind == "system" else "qemu-storage-daemon"
    return " ".join([program, *machine.args])


def _joint(number: int, count: int, first: str) -> str:
    if number == 0:
        return first
    return " and " if number == count - 1 else ", "


def _image(image: Image) -> Iterator[str]:
    """Say what an image is beyond its name."""
    if image.size:
        yield image.size
    if image.backing:
        yield f"over {image.backing}"
    yield from image.options
    if image.data:
        yield "filled: " + "; ".join(image.data)
