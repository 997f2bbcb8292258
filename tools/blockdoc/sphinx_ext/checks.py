# SPDX-License-Identifier: GPL-2.0-or-later
"""What can only be said when every page is read.

The steps that the site shows and the steps that the doctest runs are found by two
programs: Sphinx, and :func:`blockdoc.example.read_example`.  Here they must agree, so
that nothing can be shown that was not run.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx.environment import BuildEnvironment

from blockdoc.errors import AuthorError
from blockdoc.example import examples_below, read_example
from blockdoc.sphinx_ext.domain import GuideDomain
from blockdoc.sphinx_ext.pages import source_path
from blockdoc.sphinx_ext.report import warn, warn_error

__all__ = ["check_guide", "forget_failed_build"]


def check_guide(_app: Sphinx, env: BuildEnvironment) -> None:
    """Check ids, and that what is shown is what is run."""
    domain = GuideDomain.of(env)
    _check_unique(env, domain)
    _check_shown_by(domain)
    shown = {source_path(env, page): it for page, it in domain.data["step"].items()}
    _compare(shown, Path(env.srcdir))


def forget_failed_build(app: Sphinx, exception: Exception | None) -> None:
    """Begin anew after warnings: pages that are not read again would not say them again."""
    if exception is None and app._warncount:  # noqa: SLF001 - Sphinx has no public count
        Path(app.doctreedir, ENV_PICKLE_FILENAME).unlink(missing_ok=True)


def _check_unique(env: BuildEnvironment, domain: GuideDomain) -> None:
    for kind in domain.object_types:
        entries = sorted(domain.entries(kind), key=lambda found: found[1].id)
        for name, group in groupby(entries, key=lambda found: found[1].id):
            (page, first), *others = group
            for other, entry in others:
                if kind == "step" and other == page:
                    continue  # alternatives, which the reader of examples judges
                place = f"{source_path(env, page)}:{first.line}"
                warn(
                    f"{kind} {name} is there twice; first at {place}", (other, entry.line), kind
                )


def _check_shown_by(domain: GuideDomain) -> None:
    known = {entry.id for _, entry in domain.entries("step")}
    for page, rule in domain.entries("rule"):
        for name in rule.shown_by:
            if name not in known:
                message = f"rule {rule.id} is shown by {name!r}, which no example has"
                warn(message, (page, rule.line), "rule")


def _compare(shown: Mapping[str, Sequence[Any]], root: Path) -> None:
    run = dict(_collected(root))
    for path in sorted(run.keys() | shown.keys()):
        here, there = shown.get(path, []), run.get(path, {})
        for entry in here:
            if (entry.id, entry.when) not in there:
                message = f"step {entry.id} is shown here, but the doctest does not run it"
                warn(message, f"{path}:{entry.line}", "step")
        found = {(entry.id, entry.when) for entry in here}
        for key, line in there.items():
            if key not in found:
                message = f"step {key[0]} is run by the doctest, but no page shows it"
                warn(message, f"{path}:{line}", "step")


def _collected(root: Path) -> Iterator[tuple[str, dict[tuple[str, str | None], int]]]:
    """Yield what the doctest runs: by path, the line of each fence."""
    for path in examples_below(root / "examples"):
        try:
            example = read_example(path, root)
        except AuthorError as error:
            warn_error(error, path.relative_to(root).as_posix(), "example")
            continue
        yield (
            example.path,
            {
                (step.id, fence.options.get("when")): fence.place.line
                for step in example.steps
                for fence in step.alternatives
            },
        )
