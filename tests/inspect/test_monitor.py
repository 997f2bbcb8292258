# SPDX-License-Identifier: GPL-2.0-or-later
"""Monitors that are not what they should be: one line each, soon, with what to do."""

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from blockdoc.cli import main
from blockdoc.errors import QemuError
from blockdoc.inspect.capture import look
from blockdoc.inspect.monitor import QUERIES, RefusedError
from blockdoc.inspect.sources import connect
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from qemus import pretender, refusal, reply

EMPTY = {"nodes": [], "edges": []}


def answering(
    special: dict[str, Callable[[], bytes | None]],
) -> Callable[[dict[str, Any]], Any]:
    """Answer as an empty QEMU does, but for some commands."""

    def answer(message: dict[str, Any]) -> bytes | None:
        command = message["execute"]
        if command in special:
            return special[command]()
        if command == "x-debug-query-block-graph":
            return reply(EMPTY)
        return reply({} if command in {"qmp_capabilities", "query-version"} else [])

    return answer


def error_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command, which must fail, soon, with one line."""
    start = time.monotonic()
    assert main(["graph", *arguments]) == 2
    assert time.monotonic() - start < 8
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_nothing_but_queries_can_be_sent(tmp_path: Path) -> None:
    assert all(name.startswith(("query-", "x-debug-query-", "qom-")) for name in QUERIES)
    assert "qom-set" not in QUERIES
    sent: list[str] = []

    def answer(message: dict[str, Any]) -> bytes | None:
        sent.append(message["execute"])
        return reply({})

    with pretender(tmp_path, answer) as path:
        monitor = connect(str(path), 2)
        with pytest.raises(AssertionError, match="blockdev-del is not a query"):
            monitor.ask("blockdev-del", **{"node-name": "x"})
        with pytest.raises(AssertionError, match="quit is not a query"):
            monitor.ahead([("quit", {})])
        monitor.close()
    assert sent == ["qmp_capabilities"]


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "not a QMP monitor: it says 'SSH-2.0-OpenSSH_9.2 '"),
        (b"{}\n", "not a QMP monitor: it does not greet as QEMU does"),
        (b"[1]\n", "not a QMP monitor"),
        (b'"' + b"[" * 100_000 + b"\n", "not a QMP monitor"),
        (b"[" * 100_000 + b"\n", "not a QMP monitor"),
        (b"\x1b[31m\xff\n", "not a QMP monitor"),
    ],
)
def test_a_socket_that_is_not_qmp_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], start: bytes, words: str
) -> None:
    with pretender(tmp_path, answering({}), start) as path:
        said = error_of(capsys, "--qmp", str(path), "--timeout", "2")
    assert words in said
    assert "\x1b" not in said


def test_a_monitor_that_does_not_greet_is_busy_and_its_holder_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pretender(tmp_path, answering({}), b"") as path:
        said = error_of(capsys, "--qmp", str(path), "--timeout", "0.3")
    assert "no greeting within 0.3 s" in said
    assert "give QEMU a second -qmp socket" in said


@pytest.mark.parametrize("end", [b'{"ret', b""])
def test_a_monitor_that_hangs_up_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], end: bytes
) -> None:
    def leave(message: dict[str, Any]) -> bytes | None:
        if message["execute"] == "qmp_capabilities":
            return reply({}) + end
        return None

    with pretender(tmp_path, leave) as path:
        said = error_of(capsys, "--qmp", str(path), "--timeout", "2")
    assert "it hung up" in said
    assert ("in the middle of a message" in said) == bool(end)


def test_an_answer_that_never_comes_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def dumb(message: dict[str, Any]) -> bytes:
        return reply({}) if message["execute"] == "qmp_capabilities" else b""

    with pretender(tmp_path, dumb) as path:
        said = error_of(capsys, "--qmp", str(path), "--timeout", "0.3")
    assert "no answer to query-version within 0.3 s" in said


def test_a_qemu_that_is_too_old_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    special = {
        "x-debug-query-block-graph": lambda: refusal("CommandNotFound", "not found"),
        "query-version": lambda: reply({"qemu": {"major": 3, "minor": 1, "micro": 0}}),
    }
    with pretender(tmp_path, answering(special)) as path:
        said = error_of(capsys, "--qmp", str(path))
    assert "this QEMU 3.1 has no x-debug-query-block-graph, which came with 4.0" in said


def test_what_only_newer_releases_know_is_done_without(tmp_path: Path) -> None:
    names = ("query-block-jobs", "query-jobs", "query-block-exports", "query-block", "qom-list")
    special = {name: lambda: refusal("CommandNotFound", "no") for name in names}
    with pretender(tmp_path, answering(special)) as path:
        monitor = connect(str(path), 2)
        assert look(monitor).graph.nodes == ()
        monitor.close()


def test_a_graph_that_never_stands_still_is_drawn_and_said_to_be_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    count = iter(range(100))

    def moving() -> bytes:
        node = {"id": 1, "type": "block-driver", "name": f"node{next(count)}"}
        return reply({"nodes": [node], "edges": []})

    with pretender(tmp_path, answering({"x-debug-query-block-graph": moving})) as path:
        assert main(["graph", "--qmp", str(path)]) == 0
    out, err = capsys.readouterr()
    assert "not of one moment" in err
    assert "this is not one moment" in out


def test_a_graph_that_moves_once_is_asked_for_again(tmp_path: Path) -> None:
    names = iter(["old", "new", "new", "new"])

    def moving() -> bytes:
        node = {"id": 1, "type": "block-driver", "name": next(names)}
        return reply({"nodes": [node], "edges": []})

    with pretender(tmp_path, answering({"x-debug-query-block-graph": moving})) as path:
        monitor = connect(str(path), 2)
        picture = look(monitor)
        monitor.close()
    assert picture.machines[0].consistent
    assert [node.name for node in picture.graph.nodes] == ["new"]


def test_an_inherited_connection_that_was_negotiated_before_is_taken_over() -> None:
    ours, theirs = socket.socketpair()
    answer = answering({"qmp_capabilities": lambda: refusal("CommandNotFound", "already")})

    def serve() -> None:
        with theirs, theirs.makefile("rb") as lines:
            for line in lines:
                theirs.sendall(answer(json.loads(line)))

    import threading  # noqa: PLC0415 - here only

    thread = threading.Thread(target=serve)
    thread.start()
    with ours:
        monitor = connect(f"fd:{ours.fileno()}", 2)
        assert look(monitor).graph.nodes == ()
        monitor.close()
        ours.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_an_event_between_command_and_reply_does_not_disturb(tmp_path: Path) -> None:
    event = json.dumps({"event": "STOP", "timestamp": {}}).encode() + b"\n"
    special = {"query-jobs": lambda: event + reply([])}
    with pretender(tmp_path, answering(special)) as path:
        monitor = connect(str(path), 2)
        look(monitor)
        assert [it["event"] for it in monitor.events] == ["STOP"]
        monitor.close()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nowhere.sock", "no such socket; start QEMU with -qmp unix:"),
        ("plain", "not a socket; a dump is read with --json FILE"),
        ("dead.sock", "nobody listens: the QEMU that made this socket has ended"),
        ("127.0.0.1:1", "Connection refused"),
        ("fd:77", "no open socket of this number was inherited"),
        ("fd:x", "no open socket of this number was inherited"),
        ("x" * 300, "AF_UNIX path too long"),
    ],
)
def test_an_address_that_leads_nowhere_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    address: str,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plain").write_text("x")
    dead = socket.socket(socket.AF_UNIX)
    dead.bind("dead.sock")
    dead.close()
    assert words in error_of(capsys, "--qmp", address)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "no block graph"),
        ('{"return": {}}', "no block graph"),
        ('{"schema": "blockdoc-graph", "version": 7}', "version 7"),
        ('{"nodes": 5, "edges": []}', "not in the form"),
    ],
)
def test_a_file_that_is_no_dump_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    path = tmp_path / "dump.json"
    path.write_text(text)
    assert words in error_of(capsys, "--json", str(path))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "say whose graph"),
        (("--qmp", "a", "b"), "several sources need a label each"),
        (("--qmp", "x=a", "--json", "x=b"), "several sources need a label each"),
        (("--diff", "a"), "--diff compares two dumps"),
        (("--watch", "--json", "x"), "--watch follows a running QEMU"),
        (("--json", "/nowhere"), "No such file"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_told(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    assert words in error_of(capsys, *arguments)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["nodes", "edges", "id", "name", "type", "qemu", "major", "minor"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


class Liar:
    """Answers every query with whatever it likes."""

    name = "liar"

    def __init__(self, draw: Callable[[], Any]) -> None:
        self._draw = draw

    def ask(self, command: str, **_arguments: Any) -> Any:  # noqa: ANN401 - JSON
        answer = self._draw()
        if answer is None:
            raise RefusedError(f"{command}: no", "CommandNotFound")
        return answer

    def ahead(self, _queries: object) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


@settings(deadline=None, max_examples=100, phases=[Phase.generate])
@given(st.data())
def test_whatever_a_monitor_answers_is_a_picture_or_one_line(data: st.DataObject) -> None:
    try:
        look(Liar(lambda: data.draw(ANYTHING | st.just({"nodes": [], "edges": []}))))
    except QemuError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either may happen
