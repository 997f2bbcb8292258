# SPDX-License-Identifier: GPL-2.0-or-later
"""``blockdoc graph``: draw the block graph of a running QEMU, of a core file or of a dump."""

import argparse
import gc
import re
from collections.abc import Sequence
from typing import Any

from blockdoc.errors import AuthorError
from blockdoc.inspect.sources import LIVE, open_looks, sources

__all__ = ["add_parser", "run"]

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it
FORMATS = ("text", "json", "mermaid", "dot", "svg", "png")
_WHOSE = (
    "say whose graph: --qmp ADDRESS, --libvirt DOMAIN, --core FILE --exe FILE, --pid PID "
    "or --json FILE"
)


class _Named(argparse.Action):
    """Collect sources of all kinds, in the order in which they are named."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - argparse's signature
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        kind = (option_string or "").removeprefix("--")
        texts = [values] if isinstance(values, str) else list(values or ())
        namespace.sources = [*namespace.sources, *((kind, text) for text in texts)]


def add_parser(commands: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("graph", help=__doc__.partition(": ")[2])
    parser.set_defaults(run=run, sources=[], at_once=True)
    where = parser.add_argument_group("whose graph; several with LABEL=… before each")
    where.add_argument(
        "--qmp",
        nargs="+",
        metavar="ADDRESS",
        action=_Named,
        help="a QMP monitor: path of a unix socket, HOST:PORT, or fd:N",
    )
    where.add_argument(
        "--libvirt", nargs="+", metavar="DOMAIN", action=_Named, help="a domain of libvirt"
    )
    where.add_argument("--json", nargs="+", metavar="FILE", action=_Named, help="a saved dump")
    where.add_argument(
        "--core", nargs="+", metavar="FILE", action=_Named, help="a core file, through gdb"
    )
    where.add_argument(
        "--pid", nargs="+", metavar="PID", action=_Named, help="a process, through gdb"
    )
    where.add_argument(
        "--exe",
        nargs="+",
        default=[],
        metavar="FILE",
        help="the program of --core, with its debugging information",
    )
    where.add_argument("--connect", metavar="URI", help="libvirt's address")
    where.add_argument(
        "--timeout",
        type=_seconds,
        default=5.0,
        metavar="SECONDS",
        help="how long each answer may take (5)",
    )
    how = parser.add_argument_group("what is shown, and how")
    how.add_argument("--format", choices=FORMATS, default="text")
    how.add_argument("--output", "-o", metavar="FILE", help="instead of stdout")
    how.add_argument("--only", metavar="NAME", help="only what is connected with it")
    how.add_argument("--path", metavar="DEVICE", help="mark where a guest's writes go")
    how.add_argument("--expand", action="store_true", help="show every disk, also equal ones")
    how.add_argument("--generated", action="store_true", help="show #block… names as well")
    how.add_argument("--colour", choices=("auto", "always", "never"), default="auto")
    what = parser.add_argument_group("instead of the graph")
    what.add_argument(
        "--why-not",
        nargs=2,
        metavar=("PERMISSION", "NODE"),
        help="say who keeps a new user of NODE from taking PERMISSION",
    )
    what.add_argument(
        "--diff",
        nargs="+",
        metavar="FILE",
        help="compare two dumps, or one dump and what there is now",
    )
    watch = parser.add_argument_group("over time")
    watch.add_argument("--watch", action="store_true", help="follow the graph until it ends")
    watch.add_argument("--serve", action="store_true", help="on a page on the loopback")
    watch.add_argument("--port", type=int, default=0, help="its port (any free one)")
    watch.add_argument("--save", metavar="FILE.html", help="keep the recording")
    watch.add_argument("--interval", type=_seconds, default=0.5, metavar="SECONDS")
    watch.add_argument("--for", type=_seconds, dest="duration", metavar="SECONDS")


def run(options: argparse.Namespace) -> int:
    """Do what is asked for; 1 if a comparison or a question found something."""
    wanted = sources(options.sources, options.exe)
    if options.watch or options.serve or options.save:
        from blockdoc.cli.watching import watch  # noqa: PLC0415 - a drawing needs none of it

        return watch(options, wanted)
    if not wanted and not options.diff:
        raise AuthorError(_WHOSE)
    live = [source for source in wanted if source.kind in LIVE]
    with open_looks(live, options.connect, options.timeout) as looks:
        # QEMU has been asked, and works; what draws is imported meanwhile.
        from blockdoc.cli.drawing import draw  # noqa: PLC0415

        gc.disable()  # this process ends when the picture is drawn; all is needed until then
        return draw(options, wanted, looks)


def _seconds(text: str) -> float:
    if not re.fullmatch(r"\d+(\.\d+)?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return float(text)
