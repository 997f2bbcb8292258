# SPDX-License-Identifier: GPL-2.0-or-later
"""What the chapter on jobs says of job.c's two tables, and where it says each entry is seen.

::

    job.c, qapi/job.json of each release ──┐
    the diagram and the table of the page ─┼─► the same sets
    the steps that the page names ─────────┘
"""

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from blockdoc.qemu import Build, find_build
from blockdoc.qemu.sources import source_trees

ROOT = Path(__file__).parents[2]
CHAPTER = ROOT / "docs/devel/block/jobs.md"
EXAMPLES = ROOT / "examples/jobs"
#: A pair of states, or a verb and a state.
Pair = tuple[str, str]
FENCE = re.compile(r"^```\{\S+\}\n:id: (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
REFUSED = re.compile(r"in state '([a-z]+)' cannot accept command verb '([a-z-]+)'")
TRACED = re.compile(r"attempting allowed transition \(([a-z]+)-->([a-z]+)\)")
CHANGED = re.compile(r'"JOB_STATUS_CHANGE", "data": \{ "id": "([^"]+)", "status": "([a-z]+)"')
#: What the page writes for a 0.
NO = "\N{EN DASH}"
#: No table forbids anything to a job that nobody can name.
NAMELESS = {"undefined", "null"}


def cut(text: str, before: str, after: str) -> str:
    """Return what stands between two marks."""
    return text.partition(before)[2].partition(after)[0]


def enumeration(tree: Path, name: str) -> list[str]:
    """Return the values of an enumeration of qapi/job.json, in its order."""
    data = cut((tree / "qapi/job.json").read_text(encoding="utf-8"), f"'enum': '{name}'", "}")
    return re.findall(r"'([a-z-]+)'", data.partition("'data'")[2])


def table(tree: Path, name: str) -> set[Pair]:
    """Return which (row, column) of a table of job.c are 1."""
    rows = cut((tree / "job.c").read_text(encoding="utf-8"), f"bool {name}[", "};")
    states = enumeration(tree, "JobStatus")
    pairs = set()
    for row, values in re.findall(r"\[JOB_(?:STATUS|VERB)_(\w+)\]\s*= \{([01, ]+)\}", rows):
        flags = values.split(", ")
        assert len(flags) == len(states), row
        word = row.lower().replace("_", "-")
        pairs |= {
            (word, state) for state, flag in zip(states, flags, strict=True) if flag == "1"
        }
    return pairs


def trees() -> list[Path]:
    """Return the sources that are here."""
    if found := source_trees():
        return found
    pytest.skip("no sources of QEMU are here: make sources")


@pytest.fixture(scope="module")
def page() -> str:
    """Return the chapter's text."""
    return CHAPTER.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def steps() -> dict[str, str]:
    """Return what the steps of the examples on jobs say, by id."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.glob("*.md")))
    found: dict[str, str] = {}
    for text in texts:
        for name, body in FENCE.findall(text):
            found[name] = found.get(name, "") + body
    return found


def rows(page: str, target: str) -> list[list[str]]:
    """Return the cells of the first table behind a target."""
    lines = iter(page.partition(f"({target})=")[2].splitlines())
    body = []
    for line in lines:
        if line.startswith("|"):
            body.append([cell.strip() for cell in line.strip("|").split("|")])
        elif body:
            break
    return body


def drawn(page: str) -> set[Pair]:
    """Return the transitions of the diagram."""
    text = cut(page, "stateDiagram-v2", "```")
    arrows = re.findall(r"^ +(\S+) --> (\S+)", text, re.MULTILINE)
    return {(a.replace("[*]", "undefined"), b) for a, b in arrows if b != "[*]"}


def allowed(page: str) -> set[Pair]:
    """Return which (verb, state) the page's table allows."""
    head, _, *body = rows(page, "jobs-verbs")
    pairs = set()
    for verbs, *cells in body:
        assert set(cells) <= {"yes", NO}, verbs
        for verb in verbs.split(", "):
            pairs |= {(verb, s) for s, c in zip(head[1:], cells, strict=True) if c == "yes"}
    return pairs


def out_of_reach(page: str) -> set[Pair]:
    """Return the (verb, state) that the page says no command can meet."""
    _, _, *body = rows(page, "jobs-reach-not")
    return {(verb, state) for state, verbs, _ in body for verb in verbs.split(", ")}


def changes(text: str) -> Iterator[Pair]:
    """Yield the transitions that a step shows."""
    yield from TRACED.findall(text)
    last: dict[str, str] = {}
    for job, state in CHANGED.findall(text):
        if job in last:
            yield last[job], state
        last[job] = state


def test_the_diagram_is_the_table_of_transitions(page: str) -> None:
    """Each release's JobSTT, no arrow more and none less."""
    for tree in trees():
        assert drawn(page) == table(tree, "JobSTT"), tree


def test_the_table_of_verbs_is_that_of_the_source(page: str) -> None:
    """Each release's JobVerbTable, but for the verbs that it does not have yet."""
    found = trees()
    for tree in found:
        known = set(enumeration(tree, "JobVerb"))
        assert {it for it in allowed(page) if it[0] in known} == table(tree, "JobVerbTable"), (
            tree
        )
    assert {verb for verb, _ in allowed(page)} == set(enumeration(found[-1], "JobVerb"))


def test_each_transition_is_shown_by_the_step_that_is_named(
    page: str, steps: dict[str, str]
) -> None:
    """A step shows both states of one job, one after the other, or QEMU's own trace of it."""
    _, _, *body = rows(page, "jobs-reach")
    named = {(cells[0], cells[1]): cells[2] for cells in body}
    assert set(named) == drawn(page)
    for pair, cell in named.items():
        for step in re.findall(r"\{step\}`([^`]+)`", cell) or [""]:
            assert pair in set(changes(steps.get(step, ""))), (pair, step)


def test_each_forbidden_verb_is_refused_or_out_of_reach(
    page: str, steps: dict[str, str]
) -> None:
    """The examples' refusals and those out of reach are all that the table forbids."""
    verbs = {verb for verb, _ in allowed(page)}
    states = {state for pair in drawn(page) for state in pair} - NAMELESS
    forbidden = {(verb, state) for verb in verbs for state in states} - allowed(page)
    refused = {(verb, s) for text in steps.values() for s, verb in REFUSED.findall(text)}
    assert refused & out_of_reach(page) == set()
    assert refused | out_of_reach(page) == forbidden


def test_a_mirror_completed_twice_ends_some_releases(tmp_path: Path) -> None:
    """With `replaces`, a second `job-complete` sets an error that is set: MIRROR-4."""
    build = find_build()
    for name in ("disk.raw", "copy.raw"):
        (tmp_path / name).write_bytes(bytes(1 << 20))
    mirror = {
        "job-id": "m",
        "device": "disk",
        "target": "copy",
        "sync": "full",
        "replaces": "disk",
    }
    status = converse(
        build,
        tmp_path,
        ("blockdev-mirror", mirror, "BLOCK_JOB_READY"),
        ("job-pause", {"id": "m"}, "standby"),
        ("job-complete", {"id": "m"}, "return"),
        ("job-complete", {"id": "m"}, "return"),
        ("quit", {}, "return"),
    )
    assert status == (-6 if build.release < (10, 0) else 0)


def converse(build: Build, folder: Path, *talk: tuple[str, dict[str, str], str]) -> int:
    """Send commands to a storage daemon, each when the last word was heard; return its end."""
    ours, theirs = socket.socketpair()
    command = (
        *build.command("qemu-storage-daemon"),
        *("--blockdev", "file,node-name=disk,filename=disk.raw"),
        *("--blockdev", "file,node-name=copy,filename=copy.raw"),
        *("--chardev", f"socket,id=qmp,fd={theirs.fileno()}", "--monitor", "qmp"),
    )
    with ours, theirs, ours.makefile("rw") as qmp:
        daemon = subprocess.Popen(
            ["/bin/sh", "-c", 'ulimit -c 0; exec "$@"', "sh", *command],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            cwd=folder,
            env={**os.environ, **build.environment},
        )
        theirs.close()
        with suppress(ConnectionError):  # the end that is asked for
            for name, arguments, awaited in (("qmp_capabilities", {}, "return"), *talk):
                qmp.write(json.dumps({"execute": name, "arguments": arguments}))
                qmp.flush()
                if not any(awaited in line for line in qmp):
                    break
        return daemon.wait(timeout=30)
