# SPDX-License-Identifier: GPL-2.0-or-later
"""Write the steps of an example as calls of iotests.py.

::

    qmp      vm.qmp_log(…), event_log(…)     talk.py
    graph    graph_log(vm)                   edges, sorted
    console  tool_log('qemu-img info …')
    hmp      text_log(vm.hmp('…')['return'])
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from blockdoc.errors import AuthorError, Place
from blockdoc.example import Example, Fence, Step
from blockdoc.export.iotest.program import Program
from blockdoc.export.iotest.python import Raw
from blockdoc.export.iotest.talk import Jobs, Talk
from blockdoc.graph import Graph, Node, parse_mermaid
from blockdoc.graph.model import letters
from blockdoc.transcript import CONSOLE, MONITOR, Exchange, Target, parse_dialogue

__all__ = ["Iotest", "to_iotest"]

TOOLS = ("qemu-img", "qemu-io")
#: Exit statuses from here on are signals.
SIGNAL = 128
#: The filters of steps that iotests.py has under other names.
FILTERS = {
    ("qmp", "NODE_NAME"): "iotests.filter_qmp_generated_node_ids",
    ("console", "NODE_NAME"): "iotests.filter_generated_node_ids",
    ("console", "QEMU_IO"): "iotests.filter_qemu_io",
}
#: A name that QEMU lets users give; what it makes up itself is called otherwise.
GIVEN = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Iotest:
    """The two files of an iotest."""

    #: Name of the program; that of the output has ``.out`` behind it.
    name: str
    program: str
    output: str


def to_iotest(example: Example, target: Target, release: str) -> Iotest:
    """Write an example as an iotest, with the alternatives for the QEMU `target`.

    :param release: what to call that QEMU, such as ``11.1``.

    :raise AuthorError: iotests.py cannot do it; at the first line that it cannot do.
    """
    if example.requires and not example.requires.applies(target):
        message = f"the example is not for QEMU {release}: it requires {example.requires}"
        raise AuthorError(message, example.requires.place)
    if len(example.machines) > 1:
        message = "an iotest is made of an example with one machine; this one has several"
        raise AuthorError(message, example.machines[1].place)
    program, jobs = Program(example), Jobs()
    for step in example.steps:
        fence = step.fence(target)
        try:
            _step(program, jobs, step, fence)
        except AuthorError as error:
            message = f"{step.id} cannot be in an iotest: {error.message}"
            raise AuthorError(message, error.place) from error
    name = f"block-guide-{example.name}"
    return Iotest(name.replace("/", "-"), program.text(release), program.output())


def _step(program: Program, jobs: Jobs, step: Step, fence: Fence) -> None:
    if fence.ends:
        raise AuthorError("QEMU ends in it, which iotests.py takes for a failure", fence.place)
    if step.kind in {"gdb", "trace"}:
        what = "gdb" if step.kind == "gdb" else "trace events of a running QEMU"
        raise AuthorError(f"iotests.py does not show {what}", fence.place)
    filters = _filters(step, fence)
    if step.kind != "console":
        if program.ended:
            raise AuthorError("QEMU was asked to quit before", fence.place)
        program.start()
    program.title(step.id)
    if step.kind == "qmp":
        Talk(program, jobs, fence, filters).write()
    elif step.kind == "graph":
        program.call("graph_log", Raw("vm"))
        program.out += _graph_lines(parse_mermaid(fence.text, fence.body))
    else:
        _dialogue(program, CONSOLE if step.kind == "console" else MONITOR, fence, filters)


def _filters(step: Step, fence: Fence) -> list[Raw]:
    names = fence.options.get("filters", "").replace(",", " ").split()
    for name in names:
        if (step.kind, name) not in FILTERS:
            raise AuthorError(f"iotests.py has no such filter as {name}", fence.place)
    return [Raw(FILTERS[step.kind, name]) for name in names]


def _dialogue(program: Program, prompt: str, fence: Fence, filters: Sequence[Raw]) -> None:
    """Write a step with tools, or with the human monitor."""
    for exchange in parse_dialogue(fence.text, fence.body, prompt):
        options: dict[str, object] = {"filters": [*filters]} if filters else {}
        if any("..." in line for line in exchange.output):
            options = {"lines": [*exchange.output], **options}
        if prompt == CONSOLE:
            _check_tool(exchange, Place(fence.body.path, exchange.line))
            program.call("tool_log", exchange.command, **options)
        else:
            program.call("log", f"(qemu) {exchange.command}")
            said = Raw(f"vm.hmp({exchange.command!r})['return']")
            program.call("text_log", said, **options)
        status = [f"[exit status {exchange.status}]"] if exchange.status else []
        program.out += [f"{prompt}{exchange.command}", *exchange.output, *status]


def _check_tool(exchange: Exchange, place: Place) -> None:
    tool = shlex.split(exchange.command)[0]
    if tool not in TOOLS:
        raise AuthorError(f"iotests.py has no {tool}", place)
    if exchange.status >= SIGNAL:
        message = f"a signal ends {tool}, which iotests.py takes for a failure"
        raise AuthorError(message, place)


def _graph_lines(graph: Graph) -> list[str]:
    """Write a graph as the test's `graph_log` does."""
    titles = {node.id: _title(node) for node in graph.nodes}
    nodes = [
        f"{_title(it)}: {', '.join([it.driver, *it.flags])}"
        for it in graph.nodes
        if it.kind in {"node", "filter"}
    ]
    edges = [
        f"{titles[it.parent]} --{it.role}--> {titles[it.child]}: "
        f"{letters(it.perm)} / {letters(it.shared)}"
        for it in graph.edges
    ]
    return sorted(nodes + edges)


def _title(node: Node) -> str:
    if node.kind in {"node", "filter"}:
        return node.name if GIVEN.fullmatch(node.name) else "NODE_NAME"
    if node.kind == "job":
        return f"job {node.name}"
    unnamed = node.kind == "export" or " " in node.name or node.name == "unnamed"
    return "backend" if unnamed else f"backend {node.name}"
