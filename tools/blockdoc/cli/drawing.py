# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc graph``, once it is connected: take the picture, ask it, write it.

Each way imports what it needs and nothing else: half of the time that a small graph takes
is spent on imports.
"""

import json
import os
import sys
from typing import TYPE_CHECKING

from blockdoc.errors import AuthorError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from blockdoc.graph.picture import Picture
    from blockdoc.graph.view import View
    from blockdoc.inspect.sources import Looks, Source

__all__ = ["draw", "wants_colour"]


def draw(options: "argparse.Namespace", wanted: "Sequence[Source]", looks: "Looks") -> int:
    """Do what is asked for; 1 if a comparison or a question found something."""
    if options.format != "svg" or options.why_not:
        return _draw(options, wanted, looks)
    from blockdoc.layout.dot import ahead

    with ahead():  # Graphviz starts, and the rest is imported, while QEMU works
        import blockdoc.graph.facts
        import blockdoc.layout.standalone  # noqa: F401

        return _draw(options, wanted, looks)


def _draw(options: "argparse.Namespace", wanted: "Sequence[Source]", looks: "Looks") -> int:
    asked = {"--diff": options.diff, "--why-not": options.why_not, "--path": options.path}
    if len(given := [name for name, value in asked.items() if value]) > 1:
        raise AuthorError(f"{' and '.join(given)} are asked one at a time")
    if options.diff:
        return _compare(options, wanted, looks)
    picture = _focus(_take(wanted, looks), options)
    if options.why_not:
        return _explain(picture, options)
    _write(_view(picture, options), options)
    return 0


def _view(picture: "Picture", options: "argparse.Namespace") -> "View":
    if options.path:
        from blockdoc.graph.ask import path

        return path(picture, options.path)
    from blockdoc.graph.view import View

    return View(picture)


def _take(wanted: "Sequence[Source]", looks: "Looks") -> "Picture":
    """Take the pictures of all sources, and put them into one."""
    pictures = {label: look.take() for label, (_, look) in looks.items()}
    for source in wanted:
        if source.kind == "json":
            from blockdoc.inspect.dump import read_dump

            pictures[source.label] = read_dump(source.address)
        elif source.kind in {"core", "pid"}:
            pictures[source.label] = _through_gdb(source)
    picture = _joined({source.label: pictures[source.label] for source in wanted})
    for machine in picture.machines:
        if not machine.consistent:
            sys.stderr.write(f"{machine.label or 'note'}: {_MOVING}\n")
    return picture


def _through_gdb(source: "Source") -> "Picture":
    from blockdoc.inspect.debugger import graph_of, target_of

    picture, notes = graph_of(target_of(source.kind, source.address, source.program))
    for note in notes:
        sys.stderr.write(f"{source.label or 'note'}: {note}\n")
    return picture


def _joined(pictures: "dict[str, Picture]") -> "Picture":
    if list(pictures) == [""]:
        return pictures[""]
    from blockdoc.graph.join import join

    return join(pictures)


_MOVING = "the graph changed while it was asked for; what follows is not of one moment"


def _focus(picture: "Picture", options: "argparse.Namespace") -> "Picture":
    if not options.only:
        return picture
    from blockdoc.graph.ask import only

    return only(picture, options.only)


def _compare(options: "argparse.Namespace", wanted: "Sequence[Source]", looks: "Looks") -> int:
    from blockdoc.graph.changes import changes, difference
    from blockdoc.inspect.dump import read_dump

    files = options.diff
    if len(files) + bool(wanted) != 2:  # noqa: PLR2004 - a comparison has two sides
        raise AuthorError(
            "--diff compares two dumps, or one dump with --qmp, --libvirt, --core or --pid"
        )
    pictures = [_focus(read_dump(file), options) for file in files]
    if wanted:
        pictures.append(_focus(_take(wanted, looks), options))
    found = changes(*pictures)
    if options.format == "json":
        plain = [
            {"kind": it.kind, "subject": it.subject, "title": it.title, "detail": it.detail}
            for it in found
        ]
        _out(json.dumps(plain, indent=1) + "\n", options)
    else:
        _write(difference(*pictures), options)
    return 1 if found else 0


def _explain(picture: "Picture", options: "argparse.Namespace") -> int:
    from blockdoc.graph.ask import why_not
    from blockdoc.graph.tree import fold
    from blockdoc.graph.words import legible

    permission, node = options.why_not
    found = why_not(picture, permission, node)
    if options.format == "json":
        plain = [
            {"rule": it.rule, "edge": it.edge, "message": str(it), "why": it.why}
            for it in found
        ]
        _out(json.dumps(plain, indent=1) + "\n", options)
    else:
        free = f"nothing stands in the way: every parent of {node} shares it."
        lines = [str(it) for it in found] or [free]
        _out("".join(f"{part}\n" for it in lines for part in fold(legible(it))), options)
    return 1 if found else 0


def _write(view: "View", options: "argparse.Namespace") -> None:
    """Write a view in the format that is asked for."""
    form = options.format
    if form == "json":
        from blockdoc.graph.json_form import view_json

        plain = view_json(view, generated=options.generated)
        _out(json.dumps(plain, indent=1) + "\n", options)
    elif form == "mermaid":
        from blockdoc.graph.mermaid_marks import mermaid

        _out(mermaid(view), options)
    else:
        _paint(view if options.expand else _collapsed(view), options)


def _collapsed(view: "View") -> "View":
    from blockdoc.graph.collapse import collapse

    return collapse(view)


def _paint(shown: "View", options: "argparse.Namespace") -> None:
    """Write for people: what repeats has been put together."""
    if options.format == "text":
        from blockdoc.graph.tree import tree

        colour = wants_colour(options)
        _out(tree(shown, colour=colour, generated=options.generated), options)
    elif options.format == "svg":
        from blockdoc.layout.standalone import draw_view

        _out(draw_view(shown, generated=options.generated) + "\n", options)
    else:
        from blockdoc.graph.dot_text import to_dot

        program = to_dot(shown, generated=options.generated)
        _out(program if options.format == "dot" else _png(program), options)


def _png(program: str) -> bytes:
    from blockdoc.layout.dot import paint

    return paint(program)


def wants_colour(options: "argparse.Namespace") -> bool:
    """Tell whether the terminal is to be painted."""
    if options.colour != "auto":
        return bool(options.colour == "always")
    if options.output or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty()


def _out(content: str | bytes, options: "argparse.Namespace") -> None:
    data = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    try:
        if options.output:
            with open(options.output, "wb") as file:  # noqa: PTH123 - pathlib is not there
                file.write(data)
            return
        if isinstance(content, bytes) and sys.stdout.isatty():
            raise AuthorError("a PNG is nothing for a terminal; say --output FILE")
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise AuthorError(f"{options.output or 'stdout'}: {error.strerror}") from None
