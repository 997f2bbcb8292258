# SPDX-License-Identifier: GPL-2.0-or-later
"""A bar on a terminal, lines elsewhere; results are never mixed with either."""

import os
import pty
import subprocess
import sys

import pytest
from blockdoc import cli
from blockdoc.cli.progress import progress

PROGRAM = """
from blockdoc.cli.progress import progress
with progress("work", 2) as bar:
    bar.say("one [red]thing[/red]")
    bar.write("a result [with] brackets\\n")
    bar.advance()
    bar.complain("a failure\\n")
    {end}
"""


def on_terminal(end: str, **environment: str) -> tuple[bytes, bytes, int]:
    """Run with a terminal for standard error; return it, standard output, and the status."""
    ours, theirs = pty.openpty()
    surroundings = {key: value for key, value in os.environ.items() if key != "CI"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(end=end)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**surroundings, "TERM": "xterm", **environment},
        check=False,
    )
    os.close(theirs)
    shown = os.read(ours, 1 << 16)
    os.close(ours)
    return shown, done.stdout, done.returncode


def test_a_terminal_gets_a_bar_and_standard_output_the_results_alone() -> None:
    shown, results, status = on_terminal("bar.advance()")
    assert (results, status) == (b"a result [with] brackets\n", 0)
    assert "━".encode() in shown
    assert b"one [red]thing[/red]" in shown
    assert b"a failure" in shown


def test_the_cursor_comes_back_when_the_work_is_interrupted() -> None:
    shown, _, _ = on_terminal("raise KeyboardInterrupt")
    assert shown.rindex(b"\x1b[?25h") > shown.rindex(b"\x1b[?25l")


@pytest.mark.parametrize("environment", [{"CI": "true"}, {"TERM": "dumb"}])
def test_ci_and_a_dumb_terminal_get_plain_lines(environment: dict[str, str]) -> None:
    shown, results, _ = on_terminal("bar.advance()", **environment)
    assert shown.splitlines() == [b"work: one [red]thing[/red]", b"a failure"]
    assert results == b"a result [with] brackets\n"


def test_a_pipe_gets_plain_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with progress("work", 1) as bar:
        bar.say("one")
        bar.advance()
        bar.write("result\n")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("result\n", "work: one\n")


def test_an_interrupt_while_a_command_is_loaded_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt(name)

    monkeypatch.setattr(cli.importlib, "import_module", interrupted)
    assert cli.main(["lint"]) == 130
