# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines of qmp-shell mean here what they mean to qmp-shell."""

import pytest
from blockdoc.errors import AuthorError, Place
from blockdoc.transcript import Json, Source, substitute
from blockdoc.upstream.shell import action, command, words
from qemu.qmp.qmp_shell import QMPShell, QMPShellError

LINES = [
    "query-block-jobs",
    'nbd-server-start addr={"type":"inet","data":{"host":"::","port":"49153"}}',
    "drive-mirror device=node-D target=nbd:localhost:49153:exportname=a sync=top job-id=job0",
    "block_resize size=1073741824 device=scratch",
    "x number=-5 flag=TRUE other=false",
    "x float=1.5 hex=0x10 grouped=1_000 empty=",
    'x text="two words" single=\'two words\' mixed=a"b c"d',
    "x fuzzy={'a':True,'b':false,'c':null} list=[1,2,'three']",
    'x nested=[{"a":[{}]}] equals=a=b',
    "x broken={nothing} bracket=[",
    "x file.driver=file",
    "x a.b.c=1",
    "  x   spaced=1  ",
]
WRONG = ["x value", "x a=1 a=2", "x a=1 a.b=2"]


def ours(line: str) -> Json:
    source = Source(line, Place("page", 1))
    return substitute(command(words(source, 0, len(line))), {})


def theirs(line: str) -> object:
    class Bare(QMPShell):
        """A shell without a connection."""

        def __init__(self) -> None:
            self._transmode = False
            self._actions = []

        def __del__(self) -> None:
            """Close nothing."""

    return Bare()._build_cmd(line)  # noqa: SLF001 - what is to be compared with


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_the_command_that_qmp_shell_sends(line: str):
    assert ours(line) == theirs(line)


@pytest.mark.parametrize("line", WRONG)
def test_what_qmp_shell_refuses_is_an_error(line: str):
    with pytest.raises(QMPShellError):
        theirs(line)
    with pytest.raises(AuthorError):
        ours(line)


def test_two_dotted_keys_are_read_as_they_are_meant():
    line = "x file.driver=file file.filename=a node=b"
    assert ours(line) == {
        "execute": "x",
        "arguments": {"file": {"driver": "file", "filename": "a"}, "node": "b"},
    }
    assert ours(line) != theirs(line), "qmp-shell has been mended: say so in the pages"


def test_an_action_has_a_type_and_data():
    source = Source("abort a=1", Place("page", 1))
    value = substitute(action(words(source, 0, 9)), {})
    assert value == {"type": "abort", "data": {"a": 1}}


def test_a_value_knows_its_place():
    source = Source('\n  x a={\n"b":1}', Place("page", 7))
    (_, word) = words(Source('x a={"b":1}', Place("page", 7)), 0, 11)
    pattern = command([word, word]).get("arguments")
    assert pattern is not None
    assert (pattern.get("a").start, pattern.get("a").end) == (4, 11)
    assert source.line_at(3) == 8
